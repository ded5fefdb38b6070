internal import CGIO

/// An outgoing message. It is written once, and only its serial number changes each time.
struct OutgoingMessage: Sendable {
  private var bytes: [UInt8]
  /// The file descriptor that goes with it, to which an `h` with the value 0 refers.
  let descriptor: Descriptor?

  /// The message's length in bytes.
  var count: Int { bytes.count }

  /// The positions of a message's flags and serial number (D-Bus Specification, Message Format).
  private static let flags = 2
  private static let serial = 8..<12

  /// Writes a message of GIO's, which the caller must still free.
  ///
  /// - Throws: ``BusError/local(_:)`` if D-Bus can't carry it.
  init(_ message: OpaquePointer?, passing descriptor: Descriptor? = nil) throws {
    self.descriptor = descriptor
    g_dbus_message_set_serial(message, 1)
    if let descriptor { try Self.announce(descriptor, in: message) }
    var size: gsize = 0
    let blob = try throwing { g_dbus_message_to_blob(message, &size, G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING, &$0) }
    defer { g_free(blob) }
    bytes = Array(UnsafeBufferPointer(start: blob, count: Int(size)))
  }

  /// Lets GIO write the number of descriptors, from copies of its own.
  private static func announce(_ descriptor: Descriptor, in message: OpaquePointer?) throws {
    let list = g_unix_fd_list_new()
    defer { g_object_unref(list) }
    _ = try throwing { error in
      let index = g_unix_fd_list_append(list, descriptor.number, &error)
      return index < 0 ? nil : index
    }
    g_dbus_message_set_unix_fd_list(message, list)
  }

  /// Sets flags in addition to those that are set.
  mutating func insert(_ flags: GDBusMessageFlags) { bytes[Self.flags] |= UInt8(flags.rawValue) }

  /// Calls `body` with the message's bytes and a serial number. They are in this machine's byte order, as GIO writes
  /// them.
  mutating func withBytes(serial: UInt32, _ body: (UnsafeRawBufferPointer) -> Void) {
    withUnsafeBytes(of: serial) { bytes.replaceSubrange(Self.serial, with: $0) }
    bytes.withUnsafeBytes(body)
  }
}

/// A call that can be made any number of times, on any connection.
public struct PreparedCall: Sendable {
  private(set) var message: OutgoingMessage
  /// Whether file descriptors that come with the answer are accepted.
  private(set) var takesDescriptors = false

  /// Makes a call of a method of a remote object.
  ///
  /// - Parameters:
  ///   - remote: the object and its interface.
  ///   - method: the method's name.
  ///   - arguments: the method's arguments.
  ///   - descriptor: the descriptor that `.handle(0)` among the arguments stands for.
  /// - Throws: ``BusError/local(_:)`` if D-Bus can't carry a name or an argument.
  public init(
    _ remote: Remote, _ method: String, _ arguments: [Value] = [], passing descriptor: Descriptor? = nil
  ) throws {
    let call = try remote.makeCall(of: method, arguments)
    defer { g_object_unref(gpointer(call)) }
    message = try OutgoingMessage(call, passing: descriptor)
  }

  /// Makes a call that D-Bus is known to be able to carry.
  public init(known remote: Remote, _ method: String, _ arguments: [Value] = []) {
    do {
      try self.init(remote, method, arguments)
    } catch {
      preconditionFailure("\(method): \(error)")
    }
  }

  /// The same call, without an answer.
  var withoutAnswer: PreparedCall {
    var call = self
    call.message.insert(G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED)
    return call
  }

  /// The same call, for which the bus starts no program.
  public var withoutStarting: PreparedCall {
    var call = self
    call.message.insert(G_DBUS_MESSAGE_FLAGS_NO_AUTO_START)
    return call
  }

  /// The same call, whose answer may contain file descriptors: ``Answer/descriptor(_:)``.
  public var takingDescriptors: PreparedCall {
    var call = self
    call.takesDescriptors = true
    return call
  }

  /// The same call, whose answer may wait while somebody is asked for a password. For tests of services.
  package var withInteraction: PreparedCall {
    var call = self
    call.message.insert(G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION)
    return call
  }
}
