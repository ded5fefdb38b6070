extension JSONValue {
  /// The value in one line, without spaces, its names in a fixed order: the same value is always the same line.
  ///
  /// A number that JSON doesn't have is null.
  public var line: [UInt8] {
    var line: [UInt8] = []
    write(to: &line)
    return line
  }

  private func write(to line: inout [UInt8]) {
    switch self {
    case .null: line += "null".utf8
    case .boolean(let flag): line += (flag ? "true" : "false").utf8
    case .integer(let number): line += "\(number)".utf8
    case .decimal(let number): line += (number.isFinite ? "\(number)" : "null").utf8
    case .text(let text): Self.write(text, to: &line)
    case .array(let elements):
      Self.write(elements, between: "[", and: "]", to: &line) { element, line in element.write(to: &line) }
    case .object(let members):
      Self.write(members.sorted { $0.key < $1.key }, between: "{", and: "}", to: &line) { member, line in
        Self.write(member.key, to: &line)
        line.append(UInt8(ascii: ":"))
        member.value.write(to: &line)
      }
    }
  }

  private static func write<Element>(
    _ elements: [Element], between start: Unicode.Scalar, and end: Unicode.Scalar, to line: inout [UInt8],
    _ write: (Element, inout [UInt8]) -> Void
  ) {
    line.append(UInt8(ascii: start))
    for (index, element) in elements.enumerated() {
      if index > 0 { line.append(UInt8(ascii: ",")) }
      write(element, &line)
    }
    line.append(UInt8(ascii: end))
  }

  /// Escapes what must be (RFC 8259, section 7).
  private static func write(_ text: String, to line: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    line.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): line += [UInt8(ascii: "\\"), byte]
      case 0x0A: line += #"\n"#.utf8
      case 0x00..<0x20: line += #"\u00"#.utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: line.append(byte)
      }
    }
    line.append(UInt8(ascii: "\""))
  }
}
