import CDBus
import Platform
import Glibc

/// A private connection to a bus, closed with the object. For use by one thread.
final class BusConnection {
  /// The process that carries the connection to another host. Nil for a bus of this machine.
  var bridge: ChildProcess?
  private let pointer: OpaquePointer

  /// Other connections may be in use by other threads meanwhile. libdbus may be told so any number of times.
  private static let threadSupport: Void = { _ = dbus_threads_init_default() }()

  /// The Hello that the bus has not answered yet. Nil after its answer.
  private var pendingHello: PendingHello?

  /// Connects and says Hello. What is sent next goes on its way at once: the bus takes messages in order, and its
  /// answer to Hello is waited for only with the first message that is received.
  ///
  /// - Parameter address: a D-Bus address; nil for the system bus, where `DBUS_SYSTEM_BUS_ADDRESS` counts.
  /// - Throws: ``ClientError/busUnreachable(address:reason:)``; receiving a message may throw it, too.
  convenience init(address: String?) throws {
    let label = Self.label(of: address)
    let address = address ?? Self.systemBus
    do {
      try self.init { dbus_connection_open_private(address, $0) }
    } catch let error as BusError {
      throw ClientError.busUnreachable(address: label, reason: error.text)
    }
    pendingHello = PendingHello(serial: try send(.hello()), address: address, label: label)
  }

  /// Takes over a connection from a libdbus function, whose failure is thrown as a ``BusError``.
  init(_ open: (UnsafeMutablePointer<DBusError>) throws -> OpaquePointer?) throws {
    Self.threadSupport
    pointer = try BusError.check(open)
    // libdbus would end the process with the connection, unasked.
    dbus_connection_set_exit_on_disconnect(pointer, 0)
  }

  deinit {
    dbus_connection_close(pointer)
    dbus_connection_unref(pointer)
  }

  /// Sends a call and waits for its answer.
  ///
  /// - Parameters:
  ///   - message: the call.
  ///   - timeout: how long to wait; nil for as long as the service and the bus live.
  ///   - onMessage: takes whatever else arrives meanwhile. It may make calls of its own only by ``owner(of:)``.
  /// - Returns: the answer, which is no error.
  /// - Throws: a ``BusError`` as it was answered, or a ``ClientError``.
  func call(_ message: BusMessage, timeout: Duration?, onMessage: (BusMessage) throws -> Void = { _ in }) throws
    -> BusMessage
  {
    let serial = try send(message)
    let deadline = timeout.map(Deadline.after)
    while true {
      guard let message = try nextMessage(until: deadline) else {
        throw ClientError.noAnswer(seconds: Int(timeout?.components.seconds ?? 0))
      }
      guard message.replySerial == serial else {
        try onMessage(message)
        continue
      }
      if let error = message.error { throw error }
      return message
    }
  }

  /// The unique name behind a well-known one; nil where nobody owns it. Leaves other messages in their queue.
  func owner(of name: String) throws -> String? {
    let question = try BusMessage(toBus: "GetNameOwner", name)
    do {
      let answer = try question.withPointer { question in
        try BusError.check { dbus_connection_send_with_reply_and_block(pointer, question, -1, $0) }
      }
      return try BusMessage(owning: answer).read { try $0.string() }
    } catch let error as BusError where error.name == DBUS_ERROR_NAME_HAS_NO_OWNER {
      return nil
    }
  }

  /// Puts a message on its way.
  ///
  /// - Returns: its serial.
  @discardableResult
  func send(_ message: BusMessage) throws -> UInt32 {
    var serial: UInt32 = 0
    guard message.withPointer({ dbus_connection_send(pointer, $0, &serial) }) != 0 else {
      throw ClientError.outOfMemory
    }
    return serial
  }

  /// Waits for the next message; nil at the deadline.
  func nextMessage(until deadline: Deadline? = nil) throws -> BusMessage? {
    if let pendingHello {
      self.pendingHello = nil
      try pendingHello.check { try read(until: $0) }
    }
    return try read(until: deadline)
  }

  private func read(until deadline: Deadline?) throws -> BusMessage? {
    while true {
      if let message = dbus_connection_pop_message(pointer).map(BusMessage.init(owning:)) {
        guard !message.isSignal("Disconnected", of: DBUS_INTERFACE_LOCAL) else { throw disconnected }
        return message
      }
      let wait = deadline.map { Self.milliseconds($0.remaining) } ?? -1
      guard wait != 0 else { return nil }
      guard dbus_connection_read_write(pointer, wait) != 0 else { throw disconnected }
    }
  }

  private var disconnected: ClientError {
    .serviceLost(reason: bridge?.endAfterLoss().description ?? "the connection to the bus is closed")
  }

  /// Whole milliseconds for libdbus: 0 only where nothing is left.
  private static func milliseconds(_ duration: Duration) -> Int32 {
    guard duration > .zero else { return 0 }
    return Int32(clamping: Int64(duration / .milliseconds(1)) + 1)
  }
}
