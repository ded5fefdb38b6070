import CDBus
import Platform
import Glibc

/// A Hello that the bus has not answered yet.
struct PendingHello {
  /// The serial of Hello.
  let serial: UInt32
  /// The bus's address.
  let address: String
  /// The bus's name in an error's text.
  let label: String

  /// How long a bus may take to answer: libdbus's own limit.
  private static let timeout: Duration = .seconds(25)

  /// Waits for the answer. The bus sends nothing else before it.
  ///
  /// - Parameter read: waits for the next message, until a deadline.
  /// - Throws: ``ClientError/busUnreachable(address:reason:)`` where the bus doesn't let the connection in; what `read`
  ///   throws.
  func check(_ read: (Deadline) throws -> BusMessage?) throws {
    let reason: String
    do {
      let answer = try read(.after(Self.timeout))
      if let answer, answer.replySerial == serial, answer.error == nil { return }
      reason = answer?.error?.text ?? "it does not answer to Hello"
    } catch {
      guard case ClientError.serviceLost = error, let refusal else { throw error }
      reason = refusal
    }
    throw ClientError.busUnreachable(address: label, reason: reason)
  }

  /// The users of services with `DynamicUser=` (systemd's "Users, Groups, UIDs and GIDs on systemd Systems").
  private static let dynamicUsers: ClosedRange<uid_t> = 61184...65519

  /// The error's text if the bus doesn't find the user in the user database. dbus-daemon then closes the connection
  /// without an error. It finds no dynamic user, even if this program does, because systemd starts it with
  /// `SYSTEMD_NSS_DYNAMIC_BYPASS` (exec_child; since 250.4). Nil for other users: then the bus itself is ending.
  private static var silentRefusal: String? {
    let uid = geteuid()
    guard dynamicUsers.contains(uid) || getpwuid(uid) == nil else { return nil }
    return "it closed the connection, for it finds no user \(uid) in the user database: "
      + "give a service with DynamicUser= a User= that exists"
  }

  /// Why the bus refuses connections, found by a second one that only says Hello. If a connection sends more, the bus
  /// closes it, and the error may be lost. Nil if the bus accepts connections, or doesn't run any more.
  private var refusal: String? {
    guard let connection = try? BusConnection({ dbus_connection_open_private(address, $0) }) else { return nil }
    do {
      _ = try connection.call(.hello(), timeout: Self.timeout)
      return nil
    } catch let error as BusError {
      return error.text
    } catch {
      return Self.silentRefusal
    }
  }
}

extension BusConnection {
  /// The address of the system bus (D-Bus Specification, Well-known Message Bus Instances).
  static var systemBus: String { environmentAddress ?? "unix:path=/run/dbus/system_bus_socket" }

  /// What to call a bus in an error's text.
  static func label(of address: String?) -> String {
    if let address { return "the bus at \(address)" }
    return environmentAddress.map { "the system bus at \($0)" } ?? "the system bus"
  }

  private static var environmentAddress: String? {
    getenv("DBUS_SYSTEM_BUS_ADDRESS").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension BusMessage {
  /// A call to the bus itself, whose arguments are texts.
  convenience init(toBus method: String, _ arguments: String...) throws {
    try self.init(
      destination: DBUS_SERVICE_DBUS, path: DBUS_PATH_DBUS, interface: DBUS_INTERFACE_DBUS, method: method)
    try write { writer in for argument in arguments { try writer.string(argument) } }
  }

  /// What a connection to a bus has to begin with.
  static func hello() throws -> BusMessage { try BusMessage(toBus: "Hello") }
}
