internal import GBus

/// Reads what the programs of sessions have in their environment, whenever somebody asks: programs come and go.
@MainLoop
final class SessionPrograms {
  /// How long the processes may take to be read.
  private static let patience: Duration = .seconds(1)

  private var looks: [String: Task<SessionBusNames?, Never>] = [:]
  /// A process may map its environment from a file system of the user's that never answers.
  private let attempts = Attempts(mostHanging: 1)

  nonisolated init() {}

  /// What a session's programs name, read on another thread; who comes meanwhile shares the answer.
  ///
  /// - Returns: `nil` where it can't be read, or not in time.
  func names(in session: Session, deadline: Deadline = .never) async -> SessionBusNames? {
    guard !session.scope.isEmpty else { return nil }
    let look = looks[session.id] ?? begin(session)
    return try? await look.value(by: deadline)
  }

  /// Those of some sessions whose programs have a display, by their ids. Only terminals' are looked at.
  func desktops(on terminals: [Session]) async -> Set<String> {
    let found = await MainLoop.concurrently(terminals.filter(\.isOnTerminal)) { session in
      await self.names(in: session)?.hasDisplay == true ? session.id : nil
    }
    return Set(found.compactMap(\.self))
  }

  private func begin(_ session: Session) -> Task<SessionBusNames?, Never> {
    let look = MainLoop.task {
      let names = try? await self.attempts.make(
        at: session.id, of: session.user.uid, until: .after(Self.patience)
      ) { SessionBusEnvironment.names(in: session) }
      self.looks[session.id] = nil
      return names
    }
    looks[session.id] = look
    return look
  }
}
