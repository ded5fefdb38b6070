/// A value of an option or a detail, as in D-Bus's `a{sv}`.
public enum ContractValue: Sendable, Equatable {
  /// `s`
  case string(String)
  /// `u`
  case uint32(UInt32)
  /// `t`
  case uint64(UInt64)
  /// `d`
  case double(Double)
  /// `b`
  case boolean(Bool)
  /// `as`
  case strings([String])
  /// `a(ss)`: keys and labels.
  case replies([Reply])
  /// `au`
  case uint32s([UInt32])
}

/// The types of such values. Raw values are signatures (D-Bus Specification, "Type System").
public enum ContractType: String, Sendable, CaseIterable {
  case string = "s"
  case uint32 = "u"
  case uint64 = "t"
  case double = "d"
  case boolean = "b"
  case strings = "as"
  case replies = "a(ss)"
  case uint32s = "au"
}

/// A key of an `a{sv}`. Raw values are those on the wire.
public protocol ContractKey: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
  /// The type of the key's value.
  var type: ContractType { get }
}

/// A type whose fields go over the bus as an `a{sv}`.
public protocol ContractFields {
  /// The keys of its fields.
  associatedtype Key: ContractKey

  /// Returns a field; `nil` if it has no value.
  func value(of key: Key) -> ContractValue?

  /// Sets a field.
  ///
  /// - Returns: whether the field accepts the value.
  mutating func set(_ key: Key, to value: ContractValue) -> Bool
}

extension ContractFields {
  /// The fields that have a value, in the order of the keys.
  public var fields: [(key: Key, value: ContractValue)] {
    Key.allCases.compactMap { key in value(of: key).map { (key, $0) } }
  }
}
