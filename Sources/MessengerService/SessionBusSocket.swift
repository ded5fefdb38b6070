internal import CImpersonation
internal import GBus
internal import Glibc
internal import MessengerContract

/// The way to a user's session bus: a socket that was connected as that user, and authenticated.
enum SessionBusSocket {
  /// What threads do in connect(2): in a file system of the user's own it can be for ever.
  private static let attempts = Attempts(mostHanging: mostHanging)
  /// How many buses of a user's may make a thread hang before none is tried any more.
  private static let mostHanging = 3

  /// Connects to a bus of a user's, as that user.
  ///
  /// - Returns: a non-blocking socket on which a D-Bus client may say Hello, and the bus's id, if it has one.
  /// - Throws: `Failed`, with the reason.
  @MainLoop
  static func connect(
    as user: User, to address: BusAddress, deadline: Deadline
  ) async throws -> (socket: Int32, id: String?) {
    let path = address.name
    do {
      let socket = try await connect(as: user, to: path, deadline: deadline)
      do {
        try checkListener(at: path, on: socket, of: user)
        return (socket, try await authenticate(on: socket, deadline: deadline))
      } catch {
        close(socket)
        throw error
      }
    } catch BusError.timedOut {
      throw MessengerError(.failed, "the session bus at \(Quotation(path)) does not answer")
    }
  }

  /// On another thread: the credentials are the thread's, and the path may be on a file system that never answers.
  @MainLoop
  private static func connect(as user: User, to path: String, deadline: Deadline) async throws -> Int32 {
    do {
      let result = try await attempts.make(
        at: path, of: user.uid, until: deadline, late: { if $0 >= 0 { close($0) } }
      ) { msg_connect_as(user.uid, user.gid, path) }
      guard result < 0 else { return result }
      throw MessengerError(.failed, reason(-result, Quotation(path), user))
    } catch let failure as Attempts.Failure {
      throw MessengerError(.failed, reason(failure, Quotation(path), user))
    }
  }

  private static func reason(_ failure: Attempts.Failure, _ path: Quotation, _ user: User) -> String {
    switch failure {
    case .hangs: "an earlier attempt to connect to \(path) still hangs"
    case .tooMany(let count): "\(count) earlier attempts to connect to other session buses of \(user.name) still hang"
    case .notBegun: "msgd had no thread in time to connect to \(path): the machine is too busy"
    }
  }

  private static func reason(_ error: Int32, _ path: Quotation, _ user: User) -> String {
    switch error {
    case ENOENT: "\(user.name) has no session bus: \(path) does not exist"
    case ECONNREFUSED: "\(user.name) has no session bus: nobody listens at \(path)"
    case EPERM where user.isRoot: "msgd never becomes root, so root's desktop gets no popups"
    case EAGAIN: "the session bus at \(path) takes no more connections"
    default: "can't connect to \(path) as \(user.name): \(String(cString: strerror(error)))"
    }
  }

  /// A link in the user's directory, or an address that the user's programs name, may lead to a socket of somebody
  /// else, who must not read the user's messages.
  private static func checkListener(at path: String, on socket: Int32, of user: User) throws {
    let listener = msg_listener(socket)
    guard listener == Int64(user.uid) || listener == 0 else {
      throw MessengerError(.failed, "\(Quotation(path)) leads to uid \(listener), not to \(user.name)")
    }
  }

  @MainLoop
  private static func authenticate(on socket: Int32, deadline: Deadline) async throws -> String? {
    let greeting = Handshake.greeting
    guard send(socket, greeting, greeting.count, Int32(MSG_NOSIGNAL)) == greeting.count else {
      throw MessengerError(.failed, "the session bus hung up before authentication")
    }
    var handshake = Handshake()
    while true {
      try await MainLoop.untilReadable(socket, deadline: deadline)
      switch handshake.receive(try receive(from: socket)) {
      case .incomplete: continue
      case .accepted(let id): return id
      case .refused(let answer): throw MessengerError(.failed, "the session bus refused authentication: \(answer)")
      }
    }
  }

  private static func receive(from socket: Int32) throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: Handshake.maximumAnswer)
    let count = recv(socket, &buffer, buffer.count, 0)
    if count < 0, errno == EAGAIN || errno == EINTR { return [] }
    guard count > 0 else { throw MessengerError(.failed, "the session bus hung up during authentication") }
    return Array(buffer.prefix(count))
  }
}
