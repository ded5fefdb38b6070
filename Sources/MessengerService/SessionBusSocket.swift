internal import CImpersonation
internal import GBus
internal import Glibc
internal import MessengerContract

/// The way to a user's session bus: a socket that was connected as that user, and authenticated.
enum SessionBusSocket {
  /// Connects to the bus in a user's runtime directory, as that user.
  ///
  /// - Returns: a non-blocking socket on which a D-Bus client may say Hello.
  /// - Throws: `Failed`, with the reason.
  @MainLoop
  static func connect(as user: User, deadline: Deadline) async throws -> Int32 {
    let path = user.runtimePath + "/bus"
    do {
      let socket = try await connect(as: user, to: path, deadline: deadline)
      do {
        try await authenticate(on: socket, deadline: deadline)
        return socket
      } catch {
        close(socket)
        throw error
      }
    } catch BusError.timedOut {
      throw MessengerError(.failed, "the session bus at \(path) does not answer")
    }
  }

  /// On a thread of its own: the credentials are the thread's, and the path may be on a file system that never answers.
  @MainLoop
  private static func connect(as user: User, to path: String, deadline: Deadline) async throws -> Int32 {
    let result = try await MainLoop.onOwnThread(
      named: "connect", deadline: deadline, abandoned: { if $0 >= 0 { close($0) } }
    ) {
      msg_connect_as(user.uid, user.gid, path)
    }
    guard result < 0 else { return result }
    let reason =
      switch -result {
      case ENOENT: "\(user.name) has no session bus: \(path) does not exist"
      case ECONNREFUSED: "\(user.name) has no session bus: nobody listens at \(path)"
      case EAGAIN: "the session bus at \(path) takes no more connections"
      default: "can't connect to \(path) as \(user.name): \(String(cString: strerror(-result)))"
      }
    throw MessengerError(.failed, reason)
  }

  @MainLoop
  private static func authenticate(on socket: Int32, deadline: Deadline) async throws {
    let greeting = SessionBusHandshake.greeting
    guard send(socket, greeting, greeting.count, Int32(MSG_NOSIGNAL)) == greeting.count else {
      throw MessengerError(.failed, "the session bus hung up before authentication")
    }
    var handshake = SessionBusHandshake()
    while true {
      try await MainLoop.untilReadable(socket, deadline: deadline)
      switch handshake.receive(try receive(from: socket)) {
      case .incomplete: continue
      case .accepted: return
      case .refused(let answer): throw MessengerError(.failed, "the session bus refused authentication: \(answer)")
      }
    }
  }

  private static func receive(from socket: Int32) throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: SessionBusHandshake.maximumAnswer)
    let count = recv(socket, &buffer, buffer.count, 0)
    if count < 0, errno == EAGAIN || errno == EINTR { return [] }
    guard count > 0 else { throw MessengerError(.failed, "the session bus hung up during authentication") }
    return Array(buffer.prefix(count))
  }
}
