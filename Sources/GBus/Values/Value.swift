/// A value of the D-Bus type system.
public enum Value: Sendable, Equatable {
  /// `y`
  case byte(UInt8)
  /// `b`
  case boolean(Bool)
  /// `n`
  case int16(Int16)
  /// `q`
  case uint16(UInt16)
  /// `i`
  case int32(Int32)
  /// `u`
  case uint32(UInt32)
  /// `x`
  case int64(Int64)
  /// `t`
  case uint64(UInt64)
  /// `d`
  case double(Double)
  /// `s`
  case string(String)
  /// `o`
  case objectPath(String)
  /// `g`
  case signature(String)
  /// `h`
  case handle(Int32)
  /// `v`
  indirect case variant(Value)
  /// `a`, with the signature of one element, because even an empty array has a type.
  case array(of: String, [Value])
  /// `( )`
  case structure([Value])
  /// `{ }`, an element of a dictionary.
  indirect case entry(Value, Value)

  /// An `as`.
  public static func strings(_ strings: [String]) -> Value { .array(of: "s", strings.map(Value.string)) }

  /// An `a{sv}`, sorted by key.
  public static func dictionary(_ entries: [String: Value]) -> Value {
    .array(of: "{sv}", entries.sorted { $0.key < $1.key }.map { .entry(.string($0.key), .variant($0.value)) })
  }
}

extension Value {
  /// The content of an `s`, `o` or `g`.
  public var string: String? {
    switch self {
    case .string(let text), .objectPath(let text), .signature(let text): text
    default: nil
    }
  }

  /// The content of a `b`.
  public var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }

  /// The content of a `u`.
  public var uint32: UInt32? { if case .uint32(let value) = self { value } else { nil } }

  /// The content of a `t`.
  public var uint64: UInt64? { if case .uint64(let value) = self { value } else { nil } }

  /// The elements of an array.
  public var elements: [Value]? { if case .array(_, let elements) = self { elements } else { nil } }

  /// The members of a structure.
  public var members: [Value]? { if case .structure(let members) = self { members } else { nil } }

  /// The elements of an `as`.
  public var strings: [String]? {
    guard case .array("s", let elements) = self else { return nil }
    return elements.compactMap(\.string)
  }

  /// The entries of an `a{sv}`, without their variants.
  public var dictionary: [String: Value]? {
    guard case .array("{sv}", let elements) = self else { return nil }
    var entries: [String: Value] = [:]
    for case .entry(.string(let key), .variant(let value)) in elements { entries[key] = value }
    return entries
  }

  /// A key that an `a{sv}` has more than once. ``dictionary`` has only the last such entry. D-Bus leaves it to the
  /// receiver whether that is an error (D-Bus Specification, "Container Types").
  public var repeatedKey: String? {
    guard case .array("{sv}", let elements) = self else { return nil }
    var keys: Set<String> = []
    for case .entry(.string(let key), _) in elements where !keys.insert(key).inserted { return key }
    return nil
  }
}
