import Foundation

/// Messages as they are on the wire.
enum TestMessage {
  /// What a bus answers to Hello.
  static var helloAnswer: Data {
    message(type: 2, fields: [field(5, "u", number(1)), field(8, "g", [1, UInt8(ascii: "s"), 0])], body: text(":1.1"))
  }

  /// A signal `Changed` without arguments.
  static var signal: Data {
    message(
      type: 4, fields: [field(1, "o", text("/")), field(2, "s", text("a.b")), field(3, "s", text("Changed"))], body: [])
  }

  /// A message with little-endian numbers (D-Bus Specification, Message Format).
  private static func message(type: UInt8, fields: [[UInt8]], body: [UInt8]) -> Data {
    let fields = fields.reduce([]) { padded($0) + $1 }
    let start = [UInt8(ascii: "l"), type, 0, 1] + number(UInt32(body.count)) + number(1)
    return Data(padded(start + number(UInt32(fields.count)) + fields) + body)
  }

  private static func field(_ code: UInt8, _ type: Character, _ value: [UInt8]) -> [UInt8] {
    [code, 1, type.asciiValue ?? 0, 0] + value
  }

  private static func text(_ text: String) -> [UInt8] { number(UInt32(text.utf8.count)) + text.utf8 + [0] }

  private static func number(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.littleEndian, Array.init) }

  private static func padded(_ bytes: [UInt8]) -> [UInt8] { bytes + Array(repeating: 0, count: -bytes.count & 7) }
}
