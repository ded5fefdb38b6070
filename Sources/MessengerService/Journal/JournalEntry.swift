/// An entry for the journal, as journald takes it (systemd's "Native Journal Protocol").
struct JournalEntry: Equatable {
  /// The longest value that is written, in bytes, and the most values of a field: so an entry always fits into a
  /// datagram.
  static let maximumValue = 1024
  static let maximumValues = 64

  /// What goes through the socket.
  private(set) var bytes: [UInt8] = []

  /// Adds a field. A name that journald would not take is passed over, too long a value is cut.
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

  /// systemd.journal-fields(7): capitals, digits and underscores, of which none begins a client's field.
  private static func isField(_ name: String) -> Bool {
    let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let first = name.utf8.first, letters.contains(first), name.utf8.count <= 64 else { return false }
    return name.utf8.allSatisfy { letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_") }
  }

  /// The longest beginning that is still UTF-8.
  private static func cut(_ value: String) -> [UInt8] {
    let bytes = Array(value.utf8)
    guard bytes.count > maximumValue else { return bytes }
    let end = bytes[...maximumValue].lastIndex { $0 & 0xc0 != 0x80 } ?? 0
    return Array(bytes[..<end])
  }
}
