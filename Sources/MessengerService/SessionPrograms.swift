internal import GBus

/// Reads what the programs of sessions have in their environment, whenever somebody asks: programs come and go.
@MainLoop
final class SessionPrograms {
  /// How long the processes may take to be read.
  private static let patience: Duration = .seconds(1)

  private var looks: [String: Task<SessionBusNames?, Never>] = [:]
  /// The users of whose processes one could not be read in time. Until it is read, or gone, no other is tried.
  private var hanging: Set<UInt32> = []

  nonisolated init() {}

  /// What a session's programs name, read on another thread; who comes meanwhile shares the answer.
  ///
  /// - Returns: `nil` where it can't be read, or not in time.
  func names(in session: Session, deadline: Deadline = .never) async -> SessionBusNames? {
    guard !session.scope.isEmpty, !hanging.contains(session.user.uid) else { return nil }
    let look = looks[session.id] ?? begin(session)
    do {
      return try await look.value(by: min(deadline, .after(Self.patience)))
    } catch {
      hanging.insert(session.user.uid)
      return nil
    }
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
      let names = try? await MainLoop.blocking(deadline: .never) {
        SessionBusEnvironment.names(in: session)
      }
      self.looks[session.id] = nil
      self.hanging.remove(session.user.uid)
      return names
    }
    looks[session.id] = look
    return look
  }
}
