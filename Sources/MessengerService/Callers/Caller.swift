internal import GBus
internal import MessengerContract

/// The sender of a call: what the bus says about the connection, never what the caller claims.
struct Caller: Sendable, Equatable {
  /// The connection's unique name.
  var busName: String
  /// The user to whom the connection belongs.
  var uid: UInt32
  /// The process that opened the connection; `nil` if the bus doesn't know it.
  var pid: UInt32?
  /// Whether the bus has a pidfd of that process, and passes it to receivers that accept descriptors.
  var hasPidfd = false
  /// Whether the call may wait while the user is asked for a password.
  var allowsInteraction = false

  /// Whether the caller is root.
  var isRoot: Bool { uid == 0 }

  /// The same caller, but never asked for a password.
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
