/// A value of JSON (RFC 8259).
public enum JSONValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  /// A number without fraction and exponent.
  case integer(Int64)
  case decimal(Double)
  case text(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue {
  /// The text, if it is one.
  public var text: String? { if case .text(let text) = self { text } else { nil } }

  /// The number, if it is a whole one.
  public var integer: Int64? { if case .integer(let number) = self { number } else { nil } }

  /// The flag, if it is one.
  public var boolean: Bool? { if case .boolean(let flag) = self { flag } else { nil } }

  /// The elements, if it is an array.
  public var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }

  /// The texts, if it is an array of nothing else.
  public var texts: [String]? {
    guard let elements = array else { return nil }
    let texts = elements.compactMap(\.text)
    return texts.count == elements.count ? texts : nil
  }

  /// The members, if it is an object.
  public var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }

  /// A member. Nil also if it is no object, or the member is null.
  public subscript(key: String) -> JSONValue? {
    guard let value = object?[key], value != .null else { return nil }
    return value
  }
}

/// Why bytes are no JSON, or not the JSON that was expected.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The reason, in words.
  public let description: String

  /// Makes an error.
  public init(_ description: String) { self.description = description }
}
