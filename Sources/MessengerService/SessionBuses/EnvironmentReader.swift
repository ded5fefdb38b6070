internal import GBus
internal import Glibc

/// Reads what the programs of sessions have in their environment, whenever somebody asks: programs come and go.
@MainLoop
final class EnvironmentReader {
  /// How long the processes may take to be read: the user's file system may never answer.
  private static let timeout: Duration = .seconds(1)

  /// How many of a user's sessions are looked at at once. Who opens hundreds, with processes that can't be read, would
  /// else have as many requests wait at `msgd-connect`, before those of others.
  private static let mostOfUser = 3

  /// What reads them.
  let helper: ConnectHelper
  private let processes: @MainLoop (LoginSession) -> [pid_t]
  private var turnstiles: [UInt32: AsyncSemaphore] = [:]
  private var looks: [String: Task<SessionBusCandidates?, Never>] = [:]

  /// - Parameters:
  ///   - helper: reads them.
  ///   - processes: the first ones of a session.
  nonisolated init(
    helper: ConnectHelper, processes: @escaping @MainLoop (LoginSession) -> [pid_t] = SessionProcesses.first
  ) {
    self.helper = helper
    self.processes = processes
  }

  /// What a session's programs name; who comes meanwhile shares the answer.
  ///
  /// - Parameters:
  ///   - session: whose.
  ///   - bus: the bus that is likely to be joined then, where it isn't yet.
  ///   - deadline: until when.
  /// - Returns: `nil` where it can't be read, or not in time.
  func names(in session: LoginSession, before bus: BusAddress? = nil, deadline: Deadline) async -> SessionBusCandidates?
  {
    guard !session.scope.isEmpty else { return nil }
    let look = looks[session.id] ?? begin(session, before: bus)
    return try? await look.value(by: deadline)
  }

  /// Those of some sessions whose programs have a display, by their ids. Only terminals' are looked at.
  func desktops(on terminals: [LoginSession]) async -> Set<String> {
    let deadline = Deadline.after(Self.timeout)
    let found = await MainLoop.concurrently(terminals.filter(\.isOnTerminal)) { session in
      await self.names(in: session, deadline: deadline)?.hasDisplay == true ? session.id : nil
    }
    return Set(found.compactMap(\.self))
  }

  private func begin(_ session: LoginSession, before bus: BusAddress?) -> Task<SessionBusCandidates?, Never> {
    let look = MainLoop.task {
      let names = try? await self.inTurn(of: session.user) { try await self.read(session, before: bus) }
      self.looks[session.id] = nil
      return names
    }
    looks[session.id] = look
    return look
  }

  private func inTurn<Result: Sendable>(
    of user: User, _ body: @MainLoop () async throws -> Result
  ) async rethrows -> Result {
    let turnstile = turnstiles[user.uid] ?? AsyncSemaphore(places: Self.mostOfUser)
    turnstiles[user.uid] = turnstile
    defer { if turnstile.isFree { turnstiles[user.uid] = nil } }
    return try await turnstile.pass(body)
  }

  /// The first processes are those that the desktop is made of.
  private func read(_ session: LoginSession, before bus: BusAddress?) async throws -> SessionBusCandidates {
    var names = SessionBusCandidates()
    let environments = try await helper.environments(
      of: processes(session), as: session.user, connectingTo: bus?.name, deadline: .after(Self.timeout))
    for environment in environments { names.read(environment) }
    return names
  }
}
