internal import CGIO

/// An interface of an object on a bus, to which calls go.
public struct Remote: Sendable {
  /// A unique or well-known bus name.
  public let destination: String
  /// The object's path.
  public let path: String
  /// The interface's name.
  public let interface: String

  /// Makes a remote from its names.
  public init(destination: String, path: String, interface: String) {
    self.destination = destination
    self.path = path
    self.interface = interface
  }

  /// The message bus itself.
  public static let bus = Remote(
    destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus")

  /// Checks the names and the path, because GLib would not call back for any that D-Bus doesn't allow.
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

  /// Makes a message that calls a method, as a new reference.
  ///
  /// - Throws: ``BusError/local(_:)`` if D-Bus can't carry a name or an argument.
  func makeCall(of method: String, _ arguments: [Value]) throws -> OpaquePointer? {
    try validate(member: method)
    let body = try Value.makeTuple(arguments)
    let message = g_dbus_message_new_method_call(destination, path, interface, method)
    g_dbus_message_set_body(message, body)
    return message
  }
}

/// The answer to a method call.
public struct Answer: Sendable {
  /// The unique name of the connection that answered; empty if there is no bus between.
  public let sender: String
  /// The values that the method returned.
  public let arguments: [Value]
  private let descriptors: [Descriptor]

  /// Reads an answer.
  ///
  /// - Throws: ``BusError/remote(name:message:)`` if the message is an error.
  init(
    _ message: OpaquePointer, withArguments hasArguments: Bool = true, descriptors: [Descriptor] = []
  ) throws(BusError) {
    self.descriptors = descriptors
    var error: UnsafeMutablePointer<GError>?
    guard g_dbus_message_to_gerror(message, &error) == 0 else { throw BusError(taking: error) }
    sender = g_dbus_message_get_sender(message).map { String(cString: $0) } ?? ""
    let body = hasArguments ? g_dbus_message_get_body(message) : nil
    arguments = body.map { Value.children(of: $0) } ?? []
  }

  /// Returns the file descriptor that an `h` among the values stands for; `nil` for any other value, if the call didn't
  /// ask for descriptors (``PreparedCall/takingDescriptors``), or if not all of them came.
  public func descriptor(_ value: Value?) -> Descriptor? {
    guard case .handle(let index)? = value, descriptors.indices.contains(Int(index)) else { return nil }
    return descriptors[Int(index)]
  }
}
