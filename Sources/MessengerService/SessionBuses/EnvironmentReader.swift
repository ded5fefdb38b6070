internal import GBus
internal import Glibc

/// Reads the environments of sessions' programs, and on which terminals they are. It reads them anew each time,
/// because programs come and go.
@MainLoop
final class EnvironmentReader {
  /// How long reading may take: the user's file system may never answer.
  private static let timeout: Duration = .seconds(1)

  /// How many of a user's sessions are read at once. Without this limit, a user with hundreds of sessions and processes
  /// that can't be read would have as many requests waiting at `msgd-connect`, before those of others.
  private nonisolated static let mostOfUser = 3

  /// The helper that reads them.
  let helper: ConnectHelper
  private let processes: @MainLoop (LoginSession) -> [pid_t]
  private let turnstile = SemaphorePerUser(places: mostOfUser)
  private var looks: [String: Task<SessionBusCandidates?, Never>] = [:]

  /// - Parameters:
  ///   - helper: reads them.
  ///   - processes: returns the first processes of a session.
  nonisolated init(
    helper: ConnectHelper, processes: @escaping @MainLoop (LoginSession) -> [pid_t] = SessionProcesses.first
  ) {
    self.helper = helper
    self.processes = processes
  }

  /// Returns the buses and displays that a session's programs name. Callers who come meanwhile share the answer.
  ///
  /// - Parameters:
  ///   - session: the session.
  ///   - bus: the bus that is likely to be joined afterwards, if it isn't joined yet.
  ///   - deadline: the time by which an answer counts.
  /// - Returns: `nil` if it can't be read, or not in time.
  func names(in session: LoginSession, before bus: BusAddress? = nil, deadline: Deadline) async -> SessionBusCandidates?
  {
    guard !session.scope.isEmpty else { return nil }
    let look = looks[session.id] ?? begin(session, before: bus)
    return try? await look.value(by: deadline)
  }

  /// Returns the ids of those sessions whose programs have a display. Only sessions on terminals are looked at.
  func desktops(on terminals: [LoginSession]) async -> Set<String> {
    let deadline = Deadline.after(Self.timeout)
    let found = await MainLoop.concurrently(terminals.filter(\.isOnTerminal)) { session in
      await self.names(in: session, deadline: deadline)?.hasDisplay == true ? session.id : nil
    }
    return Set(found.compactMap(\.self))
  }

  /// Returns the terminals of those sessions that are on one and no desktop, by session. logind doesn't know every
  /// terminal: sshd names none before it has opened one, and utmp, from which logind learns it then, is gone from newer
  /// systems. Then it is the one that controls the session's programs.
  func terminals(of sessions: [LoginSession]) async -> [String: String] {
    let deadline = Deadline.after(Self.timeout)
    let found = await MainLoop.concurrently(sessions.filter(\.isTextual)) { session -> (String, String)? in
      if let known = session.ownTerminal { return (session.id, known) }
      let states = try? await self.turnstile.pass(for: session.user.uid) {
        try await self.helper.states(of: self.processes(session), as: session.user, deadline: deadline)
      }
      return states?.lazy.compactMap(ControllingTerminal.name).first.map { (session.id, $0) }
    }
    return Dictionary(found.compactMap(\.self)) { first, _ in first }
  }

  private func begin(_ session: LoginSession, before bus: BusAddress?) -> Task<SessionBusCandidates?, Never> {
    let look = MainLoop.task {
      let names = try? await self.turnstile.pass(for: session.user.uid) { try await self.read(session, before: bus) }
      self.looks[session.id] = nil
      return names
    }
    looks[session.id] = look
    return look
  }

  /// Reads the first processes of a session, which are those of the desktop itself.
  private func read(_ session: LoginSession, before bus: BusAddress?) async throws -> SessionBusCandidates {
    var names = SessionBusCandidates()
    let environments = try await helper.environments(
      of: processes(session), as: session.user, connectingTo: bus?.name, deadline: .after(Self.timeout))
    for environment in environments { names.read(environment) }
    return names
  }
}
