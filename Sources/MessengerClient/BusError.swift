import CDBus
import MessengerContract

/// A D-Bus error's name and text, copied from where libdbus or a message holds them.
package struct BusError: Error, Equatable {
  /// Such as `org.freedesktop.DBus.Error.AccessDenied`; empty where there is none.
  package let name: String
  /// What it says, in words.
  package let text: String

  /// An error of that name.
  package init(name: String, text: String) {
    self.name = name
    self.text = text
  }

  /// Runs a libdbus function that reports its failure through a `DBusError`, and throws that as a ``BusError``.
  ///
  /// - Parameter function: the call, whose result is nil where it failed.
  /// - Returns: the result.
  /// - Throws: the error; ``ClientError/outOfMemory`` where the function failed without one.
  static func check<Result>(_ function: (UnsafeMutablePointer<DBusError>) throws -> Result?) throws -> Result {
    var error = DBusError()
    dbus_error_init(&error)
    defer { dbus_error_free(&error) }
    if let result = try function(&error) { return result }
    guard let name = error.name else { throw ClientError.outOfMemory }
    throw BusError(name: String(cString: name), text: error.message.map { String(cString: $0) } ?? "")
  }

  /// Whether the bus has not passed the call on, for too much waits already, here or there. Another try does no harm.
  var isCongestion: Bool { name == DBUS_ERROR_LIMITS_EXCEEDED }

  /// What this error of a call means to the caller: a ``MessengerError`` where the service says it, else a
  /// ``ClientError``.
  var meaning: any Error {
    if let code = MessengerErrorCode(busName: name) { return MessengerError(code, text) }
    switch name {
    case DBUS_ERROR_SERVICE_UNKNOWN, DBUS_ERROR_TIMED_OUT:
      return ClientError.serviceUnavailable(reason: text)
    case _ where name.hasPrefix("org.freedesktop.DBus.Error.Spawn.") || name.hasPrefix("org.freedesktop.systemd1."):
      return ClientError.serviceUnavailable(reason: text)
    case DBUS_ERROR_NO_REPLY, DBUS_ERROR_NAME_HAS_NO_OWNER, DBUS_ERROR_DISCONNECTED:
      return ClientError.serviceLost(reason: text)
    case DBUS_ERROR_ACCESS_DENIED, DBUS_ERROR_AUTH_FAILED:
      return ClientError.accessDenied(reason: text)
    case DBUS_ERROR_LIMITS_EXCEEDED:
      return ClientError.busFull(reason: text)
    default:
      return ClientError.unexpectedError(name: name, reason: text)
    }
  }
}
