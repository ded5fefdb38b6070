package import GBus

/// Messages in D-Bus's wire format, with little-endian numbers (D-Bus Specification, Message Format).
package enum Wire {
  /// A whole message.
  ///
  /// - Parameters:
  ///   - type: 1 for a call, 2 for an answer, 3 for an error, 4 for a signal.
  ///   - serial: the sender's serial number for it.
  ///   - fields: its header fields, as ``field(_:_:_:)`` writes them.
  ///   - body: its arguments.
  /// - Returns: its bytes.
  package static func message(
    type: UInt8, serial: UInt32 = 1, fields: [[UInt8]], body: [UInt8] = []
  ) -> [UInt8] {
    let fields = fields.reduce([]) { padded($0) + $1 }
    let start = [UInt8(ascii: "l"), type, 0, 1] + number(UInt32(body.count)) + number(serial)
    return padded(start + number(UInt32(fields.count)) + fields) + body
  }

  /// A header field: its code, the type of its value, and the value.
  package static func field(_ code: UInt8, _ type: Character, _ value: [UInt8]) -> [UInt8] {
    [code, 1, type.asciiValue ?? 0, 0] + value
  }

  /// The header field with the types of the arguments.
  package static func signature(_ types: String) -> [UInt8] {
    field(8, "g", [UInt8(types.utf8.count)] + types.utf8 + [0])
  }

  /// The header field with the number of file descriptors that come with the message.
  package static func descriptors(_ count: Int) -> [UInt8] { field(9, "u", number(UInt32(count))) }

  /// A call of a remote object's method without arguments.
  package static func call(
    _ remote: Remote, _ method: String, serial: UInt32, descriptors count: Int = 0
  ) -> [UInt8] {
    let fields = [
      field(1, "o", text(remote.path)), field(2, "s", text(remote.interface)), field(3, "s", text(method)),
      field(6, "s", text(remote.destination)),
    ]
    return message(type: 1, serial: serial, fields: fields + (count > 0 ? [descriptors(count)] : []))
  }

  /// An answer to a call that was received.
  package static func answer(
    to serial: UInt32, _ types: String, _ body: [UInt8], descriptors count: Int = 0
  ) -> [UInt8] {
    message(
      type: 2, fields: [field(5, "u", number(serial)), signature(types)] + (count > 0 ? [descriptors(count)] : []),
      body: body)
  }

  /// An error that answers a call that was received.
  package static func error(_ name: String, to serial: UInt32) -> [UInt8] {
    message(type: 3, fields: [field(5, "u", number(serial)), field(4, "s", text(name))])
  }

  /// An `s` or `o`.
  package static func text(_ text: String) -> [UInt8] { number(UInt32(text.utf8.count)) + text.utf8 + [0] }

  /// A `u` or `h`.
  package static func number(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.littleEndian, Array.init) }

  /// Bytes with zeros up to where the next value may begin.
  package static func padded(_ bytes: [UInt8], to alignment: Int = 8) -> [UInt8] {
    bytes + Array(repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
  }

  /// An `a{sv}` of numbers, each with its type, `u` or `h`.
  package static func dictionary(_ entries: [(key: String, type: Character, value: UInt32)]) -> [UInt8] {
    let content = entries.reduce(into: [UInt8]()) { bytes, entry in
      bytes = padded(bytes) + text(entry.key) + [1, entry.type.asciiValue ?? 0, 0]
      bytes = padded(bytes, to: 4) + number(entry.value)
    }
    return padded(number(UInt32(content.count))) + content
  }
}
