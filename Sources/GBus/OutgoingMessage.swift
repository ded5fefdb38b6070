internal import CGIO

/// A message as it goes out, written once: only its serial number is another each time.
struct OutgoingMessage: Sendable {
  private var bytes: [UInt8]

  /// Where a message has its flags, and its serial number (D-Bus Specification, Message Format).
  private static let flags = 2
  private static let serial = 8..<12

  /// Writes a message of GIO's, which stays the caller's.
  ///
  /// - Throws: ``BusError/local(_:)`` where D-Bus can't carry it.
  init(_ message: OpaquePointer?) throws {
    g_dbus_message_set_serial(message, 1)
    var size: gsize = 0
    let blob = try throwing { g_dbus_message_to_blob(message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, &$0) }
    defer { g_free(blob) }
    bytes = Array(UnsafeBufferPointer(start: blob, count: Int(size)))
  }

  /// Sets flags beside those that are set.
  mutating func insert(_ flags: GDBusMessageFlags) { bytes[Self.flags] |= UInt8(flags.rawValue) }

  /// Calls `body` with the message's bytes under a serial number, in this machine's byte order, as GIO writes them.
  mutating func withBytes(serial: UInt32, _ body: (UnsafeRawBufferPointer) -> Void) {
    withUnsafeBytes(of: serial) { bytes.replaceSubrange(Self.serial, with: $0) }
    bytes.withUnsafeBytes(body)
  }
}

/// A call that can be made any number of times, on any connection.
public struct PreparedCall: Sendable {
  private(set) var message: OutgoingMessage

  /// A call of one of a remote's methods.
  ///
  /// - Throws: ``BusError/local(_:)`` where D-Bus can't carry a name or an argument.
  public init(_ remote: Remote, _ method: String, _ arguments: [Value] = []) throws {
    let call = try remote.makeCall(of: method, arguments)
    defer { g_object_unref(gpointer(call)) }
    message = try OutgoingMessage(call)
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
    call.message.insert(G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED)
    return call
  }

  /// The same, whose answer may wait for somebody who is asked for a password.
  var withInteraction: PreparedCall {
    var call = self
    call.message.insert(G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION)
    return call
  }
}
