internal import CGIO

/// The reason why an operation on a bus failed.
public enum BusError: Error, Sendable, Equatable {
  /// The other side answered with an error: its name on the bus, and its text.
  case remote(name: String, message: String)
  /// There was no answer by the deadline.
  case timedOut
  /// The connection has ended, or there is none.
  case closed
  /// The connection was ended because of what the other side did: a sentence without its subject, such as `hung up in
  /// the middle of a message`. It may quote a stranger.
  case ended(String)
  /// The task was cancelled.
  case cancelled
  /// Any other error of GIO's.
  case local(String)

  /// Converts a `GError`, and frees it.
  init(taking error: UnsafeMutablePointer<GError>?) {
    guard let error else {
      self = .local("GIO failed without an error")
      return
    }
    defer { g_error_free(error) }
    if let name = g_dbus_error_get_remote_error(error) {
      defer { g_free(name) }
      g_dbus_error_strip_remote_error(error)
      self = .remote(name: String(cString: name), message: String(cString: error.pointee.message))
    } else if error.pointee.domain == g_io_error_quark() {
      self = Self.local(
        code: GIOErrorEnum(UInt32(bitPattern: error.pointee.code)), String(cString: error.pointee.message))
    } else {
      self = .local(String(cString: error.pointee.message))
    }
  }

  private static func local(code: GIOErrorEnum, _ message: String) -> BusError {
    switch code {
    case G_IO_ERROR_TIMED_OUT: .timedOut
    case G_IO_ERROR_CLOSED, G_IO_ERROR_BROKEN_PIPE: .closed
    case G_IO_ERROR_CANCELLED: .cancelled
    default: .local(message)
    }
  }
}

/// An error that a handler of calls may throw, with its own name on the bus. Any other error is sent as
/// `org.freedesktop.DBus.Error.Failed`.
public protocol NamedBusError: Error {
  /// The error's name on the bus.
  var busName: String { get }
  /// What went wrong, for a person to read.
  var busMessage: String { get }
}

/// Calls a function of GLib's that reports failure through its last argument, and throws the error that it reports.
///
/// - Parameters:
///   - body: calls the function; returns `nil` if it failed.
///   - release: frees what a successful call would have taken over.
/// - Returns: what the function returned.
/// - Throws: ``BusError``.
func throwing<Result>(
  _ body: (inout UnsafeMutablePointer<GError>?) -> Result?, orRelease release: () -> Void = {}
) throws -> Result {
  var error: UnsafeMutablePointer<GError>?
  guard let result = body(&error) else {
    release()
    throw BusError(taking: error)
  }
  return result
}
