import MessengerContract

/// A JSON object on one line (RFC 8259). Its members keep their order.
///
/// Foundation's encoder saves no code for such objects, sorts keys, and makes the program start slowly.
struct JSONObject {
  /// The value of a member.
  enum Value {
    case null
    case boolean(Bool)
    case integer(UInt64)
    case decimal(Double)
    case text(String)
    case array([Value])
    case object(JSONObject)
  }

  private(set) var line = "{"

  /// An object of these members.
  init(_ members: KeyValuePairs<String, Value>) { self.init(members.map { ($0.key, $0.value) }) }

  /// An object of these members.
  init(_ members: [(key: String, value: Value)]) {
    for (key, value) in members {
      if line.count > 1 { line += ", " }
      line += "\(Self.quoted(key)): \(Self.written(value))"
    }
    line += "}"
  }

  private static func written(_ value: Value) -> String {
    switch value {
    case .null: "null"
    case .boolean(let flag): "\(flag)"
    case .integer(let number): "\(number)"
    case .decimal(let number): number.isFinite ? "\(number)" : "null"
    case .text(let text): quoted(text)
    case .array(let values): "[\(values.map(written).joined(separator: ", "))]"
    case .object(let object): object.line
    }
  }

  /// Escapes the characters that JSON requires, and those that could control a terminal.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case _ where !CharacterPolicy.terminalLine.admits(scalar): quoted += escape(scalar.value)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  private static func escape(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}

extension JSONObject.Value {
  /// A text, or null for nil.
  static func text(orNull text: String?) -> JSONObject.Value { text.map { .text($0) } ?? .null }
}
