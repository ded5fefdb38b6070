internal import GBus

/// Reads what the programs of sessions have in their environment, whenever somebody asks: programs come and go.
@MainLoop
final class SessionPrograms {
  /// How long the processes may take to be read: one may map its environment from a file system that never answers.
  private static let patience: Duration = .seconds(1)

  private let helper: ConnectHelper
  private var looks: [String: Task<SessionBusNames?, Never>] = [:]

  /// Those that a helper reads.
  nonisolated init(helper: ConnectHelper) {
    self.helper = helper
  }

  /// What a session's programs name; who comes meanwhile shares the answer.
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
      let names = try? await self.names(of: SessionProcesses.first(of: session), of: session.user)
      self.looks[session.id] = nil
      return names
    }
    looks[session.id] = look
    return look
  }

  /// The first processes are those that the desktop is made of.
  private func names(of processes: [Int32], of user: User) async throws -> SessionBusNames {
    var names = SessionBusNames()
    for environment in try await helper.environments(of: processes, as: user, deadline: .after(Self.patience)) {
      names.read(environment)
    }
    return names
  }
}
