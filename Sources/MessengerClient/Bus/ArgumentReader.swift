import CDBus

/// Reads a message's arguments one after the other, each step checked: libdbus aborts or misreads where the type is
/// another.
struct ArgumentReader {
  private var iterator: DBusMessageIter

  /// A reader for use while the message of `iterator` lives.
  init(_ iterator: DBusMessageIter) {
    self.iterator = iterator
  }

  mutating func string() throws -> String {
    var value: UnsafePointer<CChar>?
    try basic(CDBUS_TYPE_STRING, into: &value)
    guard let value else { throw ClientError.malformedAnswer("a string without content") }
    return String(cString: value)
  }

  mutating func boolean() throws -> Bool {
    var value: dbus_bool_t = 0
    try basic(CDBUS_TYPE_BOOLEAN, into: &value)
    return value != 0
  }

  mutating func uint32() throws -> UInt32 {
    var value: UInt32 = 0
    try basic(CDBUS_TYPE_UINT32, into: &value)
    return value
  }

  mutating func uint64() throws -> UInt64 {
    var value: UInt64 = 0
    try basic(CDBUS_TYPE_UINT64, into: &value)
    return value
  }

  mutating func double() throws -> Double {
    var value: Double = 0
    try basic(CDBUS_TYPE_DOUBLE, into: &value)
    return value
  }

  /// The elements of an array, each taken by `element`.
  mutating func array<Element>(of element: (inout ArgumentReader) throws -> Element) throws -> [Element] {
    try container(CDBUS_TYPE_ARRAY) { reader in
      var elements: [Element] = []
      while reader.type != CDBUS_TYPE_INVALID { elements.append(try element(&reader)) }
      return elements
    }
  }

  /// The fields of a structure, all of them taken by `fields`.
  mutating func structure<Value>(_ fields: (inout ArgumentReader) throws -> Value) throws -> Value {
    try container(CDBUS_TYPE_STRUCT, fields)
  }

  /// A dictionary `a{sv}`: `entry` takes each key and, unless it doesn't know the key, the value.
  mutating func dictionary(_ entry: (String, inout ArgumentReader) throws -> Void) throws {
    _ = try array { element in
      try element.container(CDBUS_TYPE_DICT_ENTRY) { pair in
        let key = try pair.string()
        try pair.container(CDBUS_TYPE_VARIANT) { value in try entry(key, &value) }
      }
    }
  }

  /// Passes over whatever is left.
  mutating func skipRest() {
    while dbus_message_iter_next(&iterator) != 0 {}
  }

  /// Throws where something is left that nobody asked for.
  mutating func end() throws {
    try expect(CDBUS_TYPE_INVALID)
  }

  /// Takes one value of a fixed size, or a string's pointer. `type` must be the type code of `value`.
  mutating func basic(_ type: Int32, into value: inout some BitwiseCopyable) throws {
    try expect(type)
    dbus_message_iter_get_basic(&iterator, &value)
    dbus_message_iter_next(&iterator)
  }

  mutating func container<Value>(
    _ type: Int32, _ body: (inout ArgumentReader) throws -> Value
  ) throws -> Value {
    try expect(type)
    var inner = DBusMessageIter()
    dbus_message_iter_recurse(&iterator, &inner)
    var reader = ArgumentReader(inner)
    let value = try body(&reader)
    try reader.end()
    dbus_message_iter_next(&iterator)
    return value
  }

  private var type: Int32 {
    mutating get { dbus_message_iter_get_arg_type(&iterator) }
  }

  private mutating func expect(_ expected: Int32) throws {
    let found = type
    guard found == expected else {
      throw ClientError.malformedAnswer("expected \(Self.name(of: expected)), found \(Self.name(of: found))")
    }
  }

  /// A type code as the D-Bus specification writes it, such as `'s'`.
  private static func name(of type: Int32) -> String {
    guard type != CDBUS_TYPE_INVALID else { return "nothing" }
    return "type '\(Unicode.Scalar(UInt8(truncatingIfNeeded: type)))'"
  }
}
