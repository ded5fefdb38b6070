internal import CGIO

/// An interface of an object that somebody on a bus has: where calls go.
public struct Remote: Sendable {
  /// A unique or well-known bus name.
  public let destination: String
  /// The object.
  public let path: String
  /// The interface.
  public let interface: String

  /// Calls to this interface.
  public init(destination: String, path: String, interface: String) {
    self.destination = destination
    self.path = path
    self.interface = interface
  }

  /// The message bus itself.
  public static let bus = Remote(
    destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus")

  /// GLib would not call back for a name or path that D-Bus doesn't allow.
  func validate(member: String) throws {
    guard g_dbus_is_name(destination) != 0 else { throw BusError.local("no bus name: \(destination)") }
    try validateSource(member: member)
  }

  /// The same for a signal, which has no destination here.
  func validateSource(member: String) throws {
    try Value.objectPath(path).validate()
    guard g_dbus_is_interface_name(interface) != 0 else { throw BusError.local("no interface name: \(interface)") }
    guard g_dbus_is_member_name(member) != 0 else { throw BusError.local("no member name: \(member)") }
  }

  /// A message that calls a method: a new reference.
  ///
  /// - Throws: ``BusError/local(_:)`` where D-Bus can't carry a name or an argument.
  func makeCall(of method: String, _ arguments: [Value]) throws -> OpaquePointer? {
    try validate(member: method)
    let body = try Value.makeTuple(arguments)
    let message = g_dbus_message_new_method_call(destination, path, interface, method)
    g_dbus_message_set_body(message, body)
    return message
  }
}

/// A call that can be made any number of times, on any connection: its message is written once, and only the serial number
/// differs.
public struct PreparedCall: Sendable {
  private var bytes: [UInt8]

  /// Where a message has its flags, and its serial number (D-Bus Specification, Message Format).
  private static let flags = 2
  private static let serial = 8..<12

  /// A call of one of a remote's methods.
  ///
  /// - Throws: ``BusError/local(_:)`` where D-Bus can't carry a name or an argument.
  public init(_ remote: Remote, _ method: String, _ arguments: [Value] = []) throws {
    let message = try remote.makeCall(of: method, arguments)
    defer { g_object_unref(gpointer(message)) }
    g_dbus_message_set_serial(message, 1)
    var size: gsize = 0
    let blob = try throwing { g_dbus_message_to_blob(message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, &$0) }
    defer { g_free(blob) }
    bytes = Array(UnsafeBufferPointer(start: blob, count: Int(size)))
  }

  /// A call that D-Bus is known to be able to carry.
  public init(known remote: Remote, _ method: String, _ arguments: [Value] = []) {
    do {
      try self.init(remote, method, arguments)
    } catch {
      preconditionFailure("\(method): \(error)")
    }
  }

  /// The same for which no answer is expected.
  var withoutAnswer: PreparedCall {
    var call = self
    call.bytes[Self.flags] |= UInt8(G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED.rawValue)
    return call
  }

  /// Calls `body` with the message's bytes under a serial number, in this machine's byte order, as GDBus writes them.
  mutating func withBytes(serial: UInt32, _ body: (UnsafeRawBufferPointer) -> Void) {
    withUnsafeBytes(of: serial) { bytes.replaceSubrange(Self.serial, with: $0) }
    bytes.withUnsafeBytes(body)
  }
}

/// What a method returned.
public struct Answer: Sendable {
  /// The unique name of who answered; empty where there is no bus in between.
  public let sender: String
  /// The values.
  public let arguments: [Value]

  /// - Throws: ``BusError/remote(name:message:)`` where the message is an error.
  init(_ message: OpaquePointer, withArguments hasArguments: Bool = true) throws(BusError) {
    var error: UnsafeMutablePointer<GError>?
    guard g_dbus_message_to_gerror(message, &error) == 0 else { throw BusError(taking: error) }
    sender = g_dbus_message_get_sender(message).map { String(cString: $0) } ?? ""
    let body = hasArguments ? g_dbus_message_get_body(message) : nil
    arguments = body.map { Value.children(of: $0) } ?? []
  }
}
