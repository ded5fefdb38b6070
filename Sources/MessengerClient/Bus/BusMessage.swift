import CDBus

/// One D-Bus message; its reference is given back with the object.
final class BusMessage {
  private let pointer: OpaquePointer

  /// Takes over a reference that the caller owns.
  init(owning pointer: OpaquePointer) {
    self.pointer = pointer
  }

  /// An empty method call. libdbus aborts the process over an invalid name, so the names are checked first.
  convenience init(destination: String, path: String, interface: String, method: String) throws {
    try BusError.check { error in
      let valid =
        dbus_validate_bus_name(destination, error) != 0 && dbus_validate_path(path, error) != 0
        && dbus_validate_interface(interface, error) != 0 && dbus_validate_member(method, error) != 0
      return valid ? () : nil
    }
    guard let pointer = dbus_message_new_method_call(destination, path, interface, method) else {
      throw ClientError.outOfMemory
    }
    self.init(owning: pointer)
  }

  deinit {
    dbus_message_unref(pointer)
  }

  /// The unique name of the connection that sent it, as the bus vouches for it; nil for one made here.
  var sender: String? {
    dbus_message_get_sender(pointer).map { String(cString: $0) }
  }

  /// The connection that it is for; nil where it names none.
  var destination: String? {
    dbus_message_get_destination(pointer).map { String(cString: $0) }
  }

  /// The serial of the call that this answers; 0 where it is no answer.
  var replySerial: UInt32 {
    dbus_message_get_reply_serial(pointer)
  }

  /// The error that this message is, if it is one.
  var error: BusError? {
    guard dbus_message_get_type(pointer) == DBUS_MESSAGE_TYPE_ERROR else { return nil }
    let text = try? read { reader in
      let text = try reader.string()
      reader.skipRest()
      return text
    }
    return BusError(name: dbus_message_get_error_name(pointer).map { String(cString: $0) } ?? "", text: text ?? "")
  }

  /// Whether the other side may have somebody asked for a password before it answers.
  var allowsInteraction: Bool {
    get { dbus_message_get_allow_interactive_authorization(pointer) != 0 }
    set { dbus_message_set_allow_interactive_authorization(pointer, newValue ? 1 : 0) }
  }

  /// Whether this is the signal of that interface and name.
  func isSignal(_ name: String, of interface: String) -> Bool {
    dbus_message_is_signal(pointer, interface, name) != 0
  }

  /// Appends arguments.
  func write(_ body: (inout ArgumentWriter) throws -> Void) throws {
    var iterator = DBusMessageIter()
    dbus_message_iter_init_append(pointer, &iterator)
    var writer = ArgumentWriter(iterator)
    try body(&writer)
  }

  /// Reads the arguments, all of them: one more than `body` takes is an error.
  func read<Value>(_ body: (inout ArgumentReader) throws -> Value) throws -> Value {
    try withExtendedLifetime(self) {
      var iterator = DBusMessageIter()
      _ = dbus_message_iter_init(pointer, &iterator)
      var reader = ArgumentReader(iterator)
      let value = try body(&reader)
      try reader.end()
      return value
    }
  }

  /// Lends the C message for the length of one call.
  func withPointer<Value>(_ body: (OpaquePointer) throws -> Value) rethrows -> Value {
    try withExtendedLifetime(self) { try body(pointer) }
  }
}
