internal import GBus
internal import MessengerContract

/// Who makes a call: what the bus says of the connection, never what the caller says of itself.
struct Caller: Sendable, Equatable {
  /// The connection's unique name.
  var busName: String
  /// The user that the connection belongs to.
  var uid: UInt32
  /// The process that opened the connection; `nil` where the bus doesn't know it.
  var pid: UInt32?
  /// Whether the bus has a pidfd of that process, and gives it to who takes it.
  var hasPidfd = false
  /// Whether the call waits while somebody is asked for a password.
  var allowsInteraction = false

  /// Whether this is the administrator.
  var isRoot: Bool { uid == 0 }

  /// The same caller, who is asked for no password.
  var unasked: Caller {
    var caller = self
    caller.allowsInteraction = false
    return caller
  }
}

extension Caller {
  /// Asks the bus for the credentials of a connection (D-Bus Specification, `GetConnectionCredentials`).
  @MainLoop
  static func identify(_ busName: String, on connection: Connection, deadline: Deadline) async throws -> Caller {
    let answer = try await connection.call(.bus, "GetConnectionCredentials", [.string(busName)], deadline: deadline)
    let credentials = answer.first?.dictionary
    guard let uid = credentials?["UnixUserID"]?.uint32 else {
      throw MessengerError(.notAuthorized, "the bus does not say who \(busName) is")
    }
    return Caller(
      busName: busName, uid: uid, pid: credentials?["ProcessID"]?.uint32, hasPidfd: credentials?["ProcessFD"] != nil)
  }
}
