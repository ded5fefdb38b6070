/// The escapes of C's strings, as systemd writes them: `\n`, `\\`, `\x20`, `\303`.
enum CEscapes {
  private static let letters: [UInt8: UInt8] = [
    UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13,
    UInt8(ascii: "t"): 9, UInt8(ascii: "v"): 11, UInt8(ascii: "s"): 32,
  ]

  /// Returns the bytes that a text with escapes stands for. What is no escape stays as it is.
  static func removed(from text: some Collection<UInt8>) -> [UInt8] {
    var rest = Array(text)[...]
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      bytes.append(byte == UInt8(ascii: "\\") ? escaped(&rest) ?? byte : byte)
    }
    return bytes
  }

  /// Takes what follows a backslash.
  ///
  /// - Returns: the byte; `nil` if it is no escape, and then nothing was taken.
  private static func escaped(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
    guard let first = rest.first else { return nil }
    if first == UInt8(ascii: "x") { return number(rest.dropFirst().prefix(2), of: 2, base: 16, taking: 3, from: &rest) }
    if first < UInt8(ascii: "8"), first >= UInt8(ascii: "0") {
      return number(rest.prefix(3), of: 3, base: 8, taking: 3, from: &rest)
    }
    rest.removeFirst()
    return letters[first] ?? first
  }

  private static func number(
    _ digits: ArraySlice<UInt8>, of length: Int, base: Int, taking count: Int, from rest: inout ArraySlice<UInt8>
  ) -> UInt8? {
    guard digits.count == length, digits.first != UInt8(ascii: "+"),
      let value = UInt8(String(decoding: digits, as: UTF8.self), radix: base)
    else {
      return nil
    }
    rest = rest.dropFirst(count)
    return value
  }
}
