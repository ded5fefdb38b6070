import Foundation
import TestSupport

/// Messages of a bus.
enum TestMessage {
  /// A bus's answer to Hello.
  static var helloAnswer: Data { Data(Wire.answer(to: 1, "s", Wire.text(":1.1"))) }

  /// A signal `Changed` without arguments.
  static var signal: Data { Data(signal()) }

  /// The same, with further header fields and a body.
  static func signal(fields: [[UInt8]] = [], body: [UInt8] = []) -> [UInt8] {
    let names = [
      Wire.field(1, "o", Wire.text("/")), Wire.field(2, "s", Wire.text("a.b")),
      Wire.field(3, "s", Wire.text("Changed")),
    ]
    return Wire.message(type: 4, fields: names + fields, body: body)
  }
}
