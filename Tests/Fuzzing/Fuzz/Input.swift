/// What libFuzzer made up.
struct Input {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// As text; what is no UTF-8 becomes U+FFFD.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The parts between bytes of this value, and the last of them.
  func parts(separatedBy separator: UInt8, maxSplits: Int = .max) -> [[UInt8]] {
    bytes.split(separator: separator, maxSplits: maxSplits, omittingEmptySubsequences: false).map(Array.init)
  }
}

/// Comparisons by bytes: to Swift's own a combining mark makes another character of what stands before it.
extension String {
  /// Whether the other text is a piece of this one.
  func holds(_ other: String) -> Bool { Array(utf8).contains(Array(other.utf8)) }

  /// Whether the other text stands at the end.
  func ends(with other: String) -> Bool { utf8.reversed().starts(with: other.utf8.reversed()) }
}
