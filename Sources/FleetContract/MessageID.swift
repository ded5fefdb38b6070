public import PlainJSON

/// The id of a message to a fleet: a UUID of version 7, whose first 48 bits are the time (RFC 9562, section 5.7).
public struct MessageID: Hashable, Sendable, CustomStringConvertible {
  /// The id in its usual form, in lower case.
  public let description: String

  /// Makes a new id.
  ///
  /// - Parameters:
  ///   - milliseconds: the time, since 1970.
  ///   - random: the source of the other 74 bits.
  public init(at milliseconds: UInt64, using random: inout some RandomNumberGenerator) {
    var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    for index in 0..<6 { bytes[index] = UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * index)) }
    bytes[6] = 0x70 | bytes[6] & 0x0F
    bytes[8] = 0x80 | bytes[8] & 0x3F
    let digits = Array("0123456789abcdef")
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append("-") }
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    description = text
  }

  /// Takes an id of version 7 in lower case.
  ///
  /// - Returns: `nil` for any other text.
  public init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count == 36 else { return nil }
    for (index, byte) in bytes.enumerated() {
      switch index {
      case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return nil }
      case 14: guard byte == UInt8(ascii: "7") else { return nil }
      case 19: guard "89ab".utf8.contains(byte) else { return nil }
      default: guard "0123456789abcdef".utf8.contains(byte) else { return nil }
      }
    }
    description = String(text)
  }
}

extension MessageID: JSONConvertible {
  /// Reads an id.
  public init(_ value: JSONValue) throws(JSONError) {
    guard let id = value.text.flatMap({ MessageID($0) }) else { throw JSONError("not an id") }
    self = id
  }

  /// The id as a text.
  public var json: JSONValue { .text(description) }
}
