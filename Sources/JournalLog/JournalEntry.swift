/// An entry in journald's format (systemd's "Native Journal Protocol").
struct JournalEntry: Equatable {
  /// The most bytes of a value, and the most values of a field. Within these limits an entry always fits into a
  /// datagram.
  static let maximumValue = 1024
  static let maximumValues = 64

  /// The bytes to send through the socket.
  private(set) var bytes: [UInt8] = []

  /// Adds a field. A name that journald would not accept is left out. A value that is too long is cut.
  mutating func append(_ name: String, _ value: String) {
    guard Self.isField(name) else { return }
    let value = Self.cut(value)
    bytes += name.utf8
    if value.contains(UInt8(ascii: "\n")) {
      bytes.append(UInt8(ascii: "\n"))
      withUnsafeBytes(of: UInt64(value.count).littleEndian) { bytes += $0 }
    } else {
      bytes.append(UInt8(ascii: "="))
    }
    bytes += value
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Adds a field that has several values.
  mutating func append(_ name: String, _ values: [String]) {
    for value in values.prefix(Self.maximumValues) { append(name, value) }
  }

  /// Whether a name is valid for a client's field: it consists of capitals, digits and underscores, and begins with a
  /// capital (systemd.journal-fields(7)).
  private static func isField(_ name: String) -> Bool {
    let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let first = name.utf8.first, letters.contains(first), name.utf8.count <= 64 else { return false }
    return name.utf8.allSatisfy { letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_") }
  }

  /// Cuts a value to its longest beginning within the limit that is valid UTF-8.
  private static func cut(_ value: String) -> [UInt8] {
    let bytes = Array(value.utf8)
    guard bytes.count > maximumValue else { return bytes }
    let end = bytes[...maximumValue].lastIndex { $0 & 0xc0 != 0x80 } ?? 0
    return Array(bytes[..<end])
  }
}
