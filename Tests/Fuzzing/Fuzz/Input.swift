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
