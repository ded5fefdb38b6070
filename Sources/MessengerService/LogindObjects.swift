internal import GBus
internal import Logging

/// What logind tells of its sessions and users when it is asked.
@MainLoop
final class LogindObjects {
  private let connection: Connection
  private let logger: Logger
  private let patience: Duration
  private var users: [UInt32: User] = [:]
  private var questions: [UInt32: Task<User?, Never>] = [:]
  /// The system bus takes 128 questions at once from a connection, and refuses more.
  private let turnstile = Turnstile(places: 48)

  /// - Parameters:
  ///   - connection: the system bus.
  ///   - patience: how long logind may take for an answer.
  ///   - logger: where it is told what can't be learnt.
  nonisolated init(connection: Connection, patience: Duration, logger: Logger) {
    self.connection = connection
    self.patience = patience
    self.logger = logger
  }

  /// The sessions that there are: the paths of their objects, by id.
  ///
  /// - Throws: `BusError`.
  func sessionPaths() async throws -> [String: String] {
    let answer = try await connection.call(Logind.manager, "ListSessions", deadline: .after(patience))
    let listed = (answer.first?.elements ?? []).compactMap(\.members).compactMap { session in
      session.first?.string.map { ($0, session.last?.string ?? "") }
    }
    return Dictionary(listed, uniquingKeysWith: { first, _ in first })
  }

  /// A session's state, as logind has it now; `nil` where it doesn't say.
  func state(of path: String) async -> Value? {
    let answer = try? await turnstile.pass {
      try await connection.call(
        Logind.properties(of: path), "Get", [.string(Logind.sessionInterface), .string("State")],
        deadline: .after(patience))
    }
    guard case .variant(let state) = answer?.first else { return nil }
    return state
  }

  /// The properties of a session, and its user; `nil` where it's gone again.
  func session(at path: String) async -> (properties: [String: Value], user: User)? {
    let properties = await properties(of: path, Logind.sessionInterface)
    guard let owner = properties["User"]?.members, let uid = owner.first?.uint32, let path = owner.last?.string,
      let user = await user(uid: uid, path: path)
    else { return nil }
    return (properties, user)
  }

  /// Forgets a user, who has left.
  func forget(user uid: UInt32) { users[uid] = nil }

  /// Forgets all users: another logind answers from now on.
  func forgetUsers() { users = [:] }

  /// The user behind a session; asked once for all of the user's sessions.
  private func user(uid: UInt32, path: String) async -> User? {
    if let known = users[uid] { return known }
    if let asked = questions[uid] { return await asked.value }
    let question = MainLoop.task { User(properties: await self.properties(of: path, Logind.userInterface)) }
    questions[uid] = question
    let user = await question.value
    questions[uid] = nil
    users[uid] = user
    return user
  }

  /// The properties of an object of logind's; none where it's gone again.
  private func properties(of path: String, _ interface: String) async -> [String: Value] {
    do {
      let answer = try await turnstile.pass {
        try await connection.call(
          Logind.properties(of: path), "GetAll", [.string(interface)], deadline: .after(patience))
      }
      return answer.first?.dictionary ?? [:]
    } catch {
      logger.debug("logind does not tell of \(path): \(error)")
      return [:]
    }
  }
}
