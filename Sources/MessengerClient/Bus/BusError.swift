import CDBus
import MessengerContract

/// A D-Bus error's name and text, copied from libdbus or a message.
package struct BusError: Error, Equatable {
  /// The name, such as `org.freedesktop.DBus.Error.AccessDenied`. Empty if there is none.
  package let name: String
  /// The text.
  package let text: String

  /// An error with that name.
  package init(name: String, text: String) {
    self.name = name
    self.text = text
  }

  /// Runs a libdbus function that reports its failure through a `DBusError`, and throws that as a ``BusError``.
  ///
  /// - Parameter function: the call. Its result is nil if it failed.
  /// - Returns: the result.
  /// - Throws: the error, or ``ClientError/outOfMemory`` if the function failed without one.
  static func check<Result>(_ function: (UnsafeMutablePointer<DBusError>) throws -> Result?) throws -> Result {
    var error = DBusError()
    dbus_error_init(&error)
    defer { dbus_error_free(&error) }
    if let result = try function(&error) { return result }
    guard let name = error.name else { throw ClientError.outOfMemory }
    throw BusError(name: String(cString: name), text: error.message.map { String(cString: $0) } ?? "")
  }

  /// Whether the bus refused the call because too much waits already. The service never got it: trying again is safe.
  var isCongestion: Bool { name == DBUS_ERROR_LIMITS_EXCEEDED }

  /// The error that the caller gets for it: a ``MessengerError`` if the service sent it, else a
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
