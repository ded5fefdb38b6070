internal import GBus
internal import Glibc
internal import MessengerContract

/// Makes sockets to users' session buses, connected as the user and authenticated.
enum SessionBusSocket {
  /// Connects to a user's bus, as that user.
  ///
  /// - Returns: a non-blocking socket on which a D-Bus client may send Hello, the bus's id, if it has one, and whether
  ///   the bus passes file descriptors.
  /// - Throws: `Failed`, with the reason.
  @MainLoop
  static func connect(
    as user: User, to address: BusAddress, through helper: ConnectHelper, deadline: Deadline
  ) async throws -> (socket: Int32, id: String?, passesDescriptors: Bool) {
    let path = Quotation(address.name)
    let socket = try await self.socket(at: address, path, of: user, through: helper, deadline: deadline)
    do {
      let (id, passesDescriptors) = try await authenticate(on: socket, deadline: deadline)
      return (socket, id, passesDescriptors)
    } catch {
      close(socket)
      throw error as? BusError == .timedOut ? MessengerError(.failed, silence(at: path)) : error
    }
  }

  @MainLoop
  private static func socket(
    at address: BusAddress, _ path: Quotation, of user: User, through helper: ConnectHelper, deadline: Deadline
  ) async throws -> Int32 {
    do {
      return try await helper.connect(to: address.name, as: user, deadline: deadline)
    } catch BusError.timedOut {
      throw MessengerError(
        .failed,
        "nothing came of connecting to \(path): a file system of \(user.name)'s hangs, or msgd-connect does "
          + "(see: systemctl status msgd-connect)")
    } catch let failure as ConnectHelper.Failure {
      throw MessengerError(.failed, reason(failure, path, user))
    }
  }

  private static func silence(at path: Quotation) -> String { "the session bus at \(path) does not answer" }

  private static func reason(_ failure: ConnectHelper.Failure, _ path: Quotation, _ user: User) -> String {
    switch failure {
    case .unreachable(let error):
      "msgd-connect can't be asked: \(text(error)) (see: systemctl status msgd-connect.socket)"
    case .lost: "msgd-connect ended before it had connected to \(path) (see: systemctl status msgd-connect)"
    case .refused(let fault): reason(fault, path, user)
    }
  }

  /// The explanation of a fault. A link in the user's directory, or an address that the user's programs name, may lead
  /// to somebody else's socket. Its owner must not read the user's messages.
  private static func reason(_ fault: ConnectHelper.Fault, _ path: Quotation, _ user: User) -> String {
    switch fault {
    case .invalid, .noTerminal, .othersTerminal, .mesgN, .full: "\(path) can't be a socket's name"
    case .root: "msgd never becomes root, so root's desktop gets no popups"
    case .notLoggedIn: "\(user.name) has no runtime directory, /run/user/\(user.uid)"
    case .noSocket: "\(path) is no socket"
    case .othersSocket(let uid): "\(path) leads to uid \(uid), not to \(user.name)"
    case .failed(ENOENT): "\(user.name) has no session bus: \(path) does not exist"
    case .failed(ECONNREFUSED): "\(user.name) has no session bus: nobody listens at \(path)"
    case .failed(EAGAIN): "the session bus at \(path) takes no more connections"
    case .failed(let error): "can't connect to \(path) as \(user.name): \(text(error))"
    case .timedOut: silence(at: path)
    }
  }

  private static func text(_ error: Int32) -> String { String(cString: strerror(error)) }

  @MainLoop
  private static func authenticate(
    on socket: Int32, deadline: Deadline
  ) async throws -> (id: String?, passesDescriptors: Bool) {
    let greeting = Handshake.greetingForDescriptors
    guard send(socket, greeting, greeting.count, Int32(MSG_NOSIGNAL)) == greeting.count else {
      throw MessengerError(.failed, "the session bus hung up before authentication")
    }
    var handshake = Handshake(forDescriptors: true)
    while true {
      try await MainLoop.untilReadable(socket, deadline: deadline)
      switch handshake.receive(try receive(from: socket)) {
      case .incomplete: continue
      case .accepted(let id): return (id, handshake.passesDescriptors)
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
