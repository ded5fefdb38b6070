/// A value of an option or a detail, as D-Bus has it in an `a{sv}`.
public enum ContractValue: Sendable, Equatable {
  /// `s`
  case string(String)
  /// `u`
  case uint32(UInt32)
  /// `d`
  case double(Double)
  /// `b`
  case boolean(Bool)
  /// `a(ss)`: key, label.
  case replies([Reply])
}

/// The types that such values have. Raw values are signatures (D-Bus Specification, "Type System").
public enum ContractType: String, Sendable {
  case string = "s"
  case uint32 = "u"
  case double = "d"
  case boolean = "b"
  case replies = "a(ss)"
}

/// A key of an `a{sv}`. Raw values are those of the wire.
public protocol ContractKey: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
  /// The type of its value.
  var type: ContractType { get }
}

/// Something whose fields go over the bus as an `a{sv}`.
public protocol ContractFields {
  /// The keys of its fields.
  associatedtype Key: ContractKey

  /// A field; `nil` where it says nothing.
  func value(of key: Key) -> ContractValue?

  /// Sets a field.
  ///
  /// - Returns: whether the value is one that the field may have.
  mutating func set(_ key: Key, to value: ContractValue) -> Bool
}

extension ContractFields {
  /// The fields that say something, in the order of the keys.
  public var fields: [(key: Key, value: ContractValue)] {
    Key.allCases.compactMap { key in value(of: key).map { (key, $0) } }
  }
}
