import CDBus

/// Appends arguments to a message. libdbus fails here only for want of memory; the message is then of no more use.
struct ArgumentWriter {
  private var iterator: DBusMessageIter

  /// A writer for use while the message of `iterator` lives.
  init(_ iterator: DBusMessageIter) {
    self.iterator = iterator
  }

  /// Appends text, which must be free of null characters: D-Bus can't carry them.
  mutating func string(_ value: String) throws {
    try value.withCString { characters in
      var pointer: UnsafePointer<CChar>? = characters
      try basic(CDBUS_TYPE_STRING, &pointer)
    }
  }

  mutating func boolean(_ value: Bool) throws {
    var value: dbus_bool_t = value ? 1 : 0
    try basic(CDBUS_TYPE_BOOLEAN, &value)
  }

  mutating func uint32(_ value: UInt32) throws {
    var value = value
    try basic(CDBUS_TYPE_UINT32, &value)
  }

  mutating func uint64(_ value: UInt64) throws {
    var value = value
    try basic(CDBUS_TYPE_UINT64, &value)
  }

  mutating func double(_ value: Double) throws {
    var value = value
    try basic(CDBUS_TYPE_DOUBLE, &value)
  }

  /// An array whose elements have the given signature and are appended by `body`.
  mutating func array(of signature: String, _ body: (inout ArgumentWriter) throws -> Void) throws {
    try container(CDBUS_TYPE_ARRAY, signature, body)
  }

  /// One entry of an array of `{sv}`, whose value has the given signature and is appended by `body`.
  mutating func entry(
    _ key: String, _ signature: String, _ body: (inout ArgumentWriter) throws -> Void
  ) throws {
    try container(CDBUS_TYPE_DICT_ENTRY, nil) { pair in
      try pair.string(key)
      try pair.container(CDBUS_TYPE_VARIANT, signature, body)
    }
  }

  /// Appends one value of a fixed size, or a string's pointer. `type` must be the type code of `value`.
  mutating func basic(_ type: Int32, _ value: inout some BitwiseCopyable) throws {
    guard dbus_message_iter_append_basic(&iterator, type, &value) != 0 else { throw ClientError.outOfMemory }
  }

  /// Appends a container, filled by `body`. The signature is that of the contents; nil for structures and dictionary
  /// entries.
  mutating func container(
    _ type: Int32, _ signature: String?, _ body: (inout ArgumentWriter) throws -> Void
  ) throws {
    var inner = DBusMessageIter()
    guard dbus_message_iter_open_container(&iterator, type, signature, &inner) != 0 else {
      throw ClientError.outOfMemory
    }
    var writer = ArgumentWriter(inner)
    do {
      try body(&writer)
    } catch {
      dbus_message_iter_abandon_container(&iterator, &writer.iterator)
      throw error
    }
    guard dbus_message_iter_close_container(&iterator, &writer.iterator) != 0 else { throw ClientError.outOfMemory }
  }
}
