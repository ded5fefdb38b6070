internal import GBus

/// Asks logind about its sessions and users.
@MainLoop
final class LogindObjects {
  private let connection: Connection
  private let timeout: Duration
  private var users: [UInt32: User] = [:]
  private var questions: [UInt32: SharedTask<User?>] = [:]
  /// Limits the questions at once. The system bus takes 128 pending calls from a connection, and refuses more.
  private let turnstile = AsyncSemaphore(places: 48)

  /// The errors with which the bus or logind says that an object doesn't exist any more.
  private static let absences: Set = [
    "org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.UnknownObject",
    "org.freedesktop.login1.NoSuchSession", "org.freedesktop.login1.NoSuchUser",
  ]

  /// - Parameters:
  ///   - connection: the system bus.
  ///   - timeout: how long logind may take to answer.
  nonisolated init(connection: Connection, timeout: Duration) {
    self.connection = connection
    self.timeout = timeout
  }

  /// Returns the paths of the sessions' objects, by id. If logind doesn't run, the bus starts it, if it may.
  ///
  /// - Throws: `BusError`.
  func sessionPaths() async throws -> [String: String] {
    let deadline = Deadline.after(timeout)
    let answer: [Value]
    do {
      answer = try await connection.call(Logind.manager, "ListSessions", deadline: deadline)
    } catch BusError.remote("org.freedesktop.DBus.Error.NoReply", _) {
      // logind left before it answered. Its successor answers.
      answer = try await connection.call(Logind.manager, "ListSessions", deadline: deadline)
    }
    let listed = (answer.first?.elements ?? []).compactMap(\.members).compactMap { session in
      session.first?.string.map { ($0, session.last?.string ?? "") }
    }
    return Dictionary(listed, uniquingKeysWith: { first, _ in first })
  }

  /// Returns a session's current state; `nil` if the session has gone.
  ///
  /// - Throws: `BusError`.
  func state(of path: String) async throws -> [String: Value]? {
    guard case .variant(let state) = try await ask(path, "Get", [.string(Logind.sessionInterface), .string("State")])
    else { return nil }
    return ["State": state]
  }

  /// Returns a session's properties and its user; `nil` if the session has gone.
  ///
  /// - Throws: `BusError`.
  func session(at path: String) async throws -> (properties: [String: Value], user: User)? {
    guard let properties = try await properties(of: path, Logind.sessionInterface) else { return nil }
    guard let owner = properties["User"]?.members, let uid = owner.first?.uint32, let home = owner.last?.string else {
      throw BusError.local("\(path) has no user")
    }
    return try await user(uid: uid, path: home).map { (properties, $0) }
  }

  /// Forgets a user who has left.
  func forget(user uid: UInt32) { users[uid] = nil }

  /// Forgets all users, because another logind answers from now on.
  func forgetUsers() { users = [:] }

  /// Returns the user of a session. Asks once for all of the user's sessions.
  private func user(uid: UInt32, path: String) async throws -> User? {
    if let known = users[uid] { return known }
    if let asked = questions[uid] { return try await asked.value }
    let question = SharedTask { try await self.readUser(at: path) }
    questions[uid] = question
    defer { questions[uid] = nil }
    users[uid] = try await question.value
    return users[uid]
  }

  private func readUser(at path: String) async throws -> User? {
    guard let properties = try await properties(of: path, Logind.userInterface) else { return nil }
    guard let user = User(properties: properties) else { throw BusError.local("\(path) lacks a property") }
    return user
  }

  /// Returns an object's properties; `nil` if the object has gone.
  private func properties(of path: String, _ interface: String) async throws -> [String: Value]? {
    try await ask(path, "GetAll", [.string(interface)])?.dictionary
  }

  /// Asks an object for its properties; returns `nil` if the object has gone.
  private func ask(_ path: String, _ method: String, _ arguments: [Value]) async throws -> Value? {
    do {
      return try await turnstile.pass {
        try await connection.call(Logind.properties(of: path), method, arguments, deadline: .after(timeout))
      }.first
    } catch BusError.remote(let name, _) where Self.absences.contains(name) {
      return nil
    }
  }
}
