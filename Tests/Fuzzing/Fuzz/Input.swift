/// An input that libFuzzer made.
struct Input {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The input as text, with U+FFFD for bytes that aren't UTF-8.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The parts between bytes of this value, and the last part.
  func parts(separatedBy separator: UInt8, maxSplits: Int = .max) -> [[UInt8]] {
    bytes.split(separator: separator, maxSplits: maxSplits, omittingEmptySubsequences: false).map(Array.init)
  }
}

/// Comparisons by bytes, because in Swift's own a combining mark changes the character before it.
extension String {
  /// Whether the other text is a part of this one.
  func holds(_ other: String) -> Bool { Array(utf8).contains(Array(other.utf8)) }

  /// Whether this text ends with the other one.
  func ends(with other: String) -> Bool { utf8.reversed().starts(with: other.utf8.reversed()) }
}
