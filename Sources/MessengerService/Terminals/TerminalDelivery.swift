internal import GBus
internal import Glibc
internal import MessengerContract

/// Writes messages on the terminals of users who are logged in without a desktop.
@MainLoop
struct TerminalDelivery {
  /// How many of a user's terminals are written on at once. A user may have hundreds, and other users' requests would
  /// wait behind all of theirs at `msgd-connect`.
  private nonisolated static let mostOfUser = 3

  private let helper: ConnectHelper
  private let turnstile = SemaphorePerUser(places: mostOfUser)
  private let timeout: Duration
  private let host: String

  /// - Parameters:
  ///   - helper: writes as the users.
  ///   - timeout: how long it may take.
  ///   - host: this machine's name.
  nonisolated init(helper: ConnectHelper, timeout: Duration, host: String = Host.name) {
    self.helper = helper
    self.timeout = timeout
    self.host = host
  }

  /// Writes a message on the terminals of one user's sessions. Returns when all these deliveries are final.
  func deliver(_ message: Message, to sessions: [LoginSession]) async {
    if message.isWithdrawn { return message.enter(.withdrawn, at: Set(sessions.map(\.id))) }
    let text = TerminalText(of: message.content, on: host).bytes(atMost: ConnectHelper.mostText)
    let deadline = Deadline.after(timeout)
    await MainLoop.concurrently(sessions) { session in
      await self.turnstile.pass(for: session.user.uid) {
        await self.write(text, of: message, to: session, deadline: deadline)
      }
    }
  }

  private func write(_ text: [UInt8], of message: Message, to session: LoginSession, deadline: Deadline) async {
    guard let terminal = session.terminal, message.isOpen(at: [session.id]) else { return }
    let isFree = message.sender.isRoot || message.sender.uid == session.user.uid
    do {
      try await helper.write(
        text, on: terminal, as: session.user, heedsMesg: !isFree, deadline: deadline)
      message.note(by: .terminal, at: [session.id])
      message.enter(.written, at: [session.id])
    } catch {
      let reason = MessengerError(.failed, Self.reason(error, terminal, of: session.user.name))
      message.enter(.failed, at: [session.id], reason: .error(reason))
    }
  }

  private static func reason(_ error: any Error, _ terminal: String, of name: String) -> String {
    switch error as? ConnectHelper.Failure {
    case .refused(let fault): reason(fault, terminal, of: name)
    case .unreachable(let number): "msgd-connect can't be asked: \(text(number))"
    case .lost: "msgd-connect ended before it answered"
    case nil: "the terminal \(terminal) did not answer in time"
    }
  }

  private static func reason(_ fault: ConnectHelper.Fault, _ terminal: String, of name: String) -> String {
    switch fault {
    case .root: "msgd never becomes root, so nothing is written on root's terminals"
    case .notLoggedIn: "\(name) has no runtime directory"
    case .mesgN: "\(name) takes messages from root only on \(terminal) (mesg n)"
    case .full(taken: 0): "the terminal \(terminal) \(stopped)"
    case .full(let taken): "the terminal \(terminal) has taken only \(taken) bytes: it \(stopped)"
    case .othersTerminal(let uid): "the terminal \(terminal) belongs to uid \(uid), not to \(name)"
    case .failed(ENOENT), .failed(ENXIO), .failed(ENODEV), .failed(EIO): "the terminal \(terminal) is gone"
    case .failed(let number): "can't write on the terminal \(terminal) as \(name): \(text(number))"
    case .noTerminal, .noSocket, .othersSocket, .invalid: "\(terminal) is no terminal"
    case .timedOut: "the terminal \(terminal) did not answer in time"
    }
  }

  private static let stopped = "is stopped (Ctrl-S), or nobody reads it: send it again after Ctrl-Q there"

  private static func text(_ error: Int32) -> String { String(cString: strerror(error)) }
}
