internal import GBus

/// The sessions that logind has reported, and what is known about each. A value, which asks nobody. Those that turn out
/// to be no logins stay here, so that nobody asks for them again, but nobody learns of them.
///
/// A session may change while logind is asked about it. What logind signals between the question and the handling of
/// the answer is newer than the answer, and takes precedence.
struct KnownSessions {
  private var entries: [String: Entry] = [:]
  /// The sessions' ids, by the paths of their objects.
  private var ids: [String: String] = [:]
  /// The reasons why sessions could not be read, for those whose last reading failed. Sessions that are known to be no
  /// logins have none.
  private(set) var troubles: [String: String] = [:]

  private struct Entry {
    let path: String
    /// `nil` until it has been read.
    var session: LoginSession?
    /// How many questions about it are open.
    var askers = 0
    /// The properties that changed while it was asked about.
    var changed: [String: Value] = [:]
    /// The sessions that seats began to show while it was asked about: their ids, by the seats' paths.
    var shown: [String: String] = [:]

    /// The session, if it has been read and is a login.
    var login: LoginSession? { session.flatMap { $0.isLogin ? $0 : nil } }
  }

  /// The ids of all sessions, also of those that are no logins.
  var all: Set<String> { Set(entries.keys) }

  /// The logins that have been read, in the order in which they were opened.
  var logins: [LoginSession] {
    entries.values.compactMap(\.login).sorted { ($0.created, $0.id) < ($1.created, $1.id) }
  }

  /// The ids of sessions that could never be read, with the reason.
  var doubtful: [String: String] { troubles.filter { entries[$0.key]?.session == nil } }

  /// Returns a login; `nil` if there is none of that id, or it has not been read.
  func login(_ id: String) -> LoginSession? { entries[id]?.login }

  /// Returns the path of a session's object; `nil` if there is no such session.
  func path(of id: String) -> String? { entries[id]?.path }

  /// Returns the id of the session whose object has this path.
  func id(at path: String) -> String? { ids[path] }

  /// Adds a session.
  ///
  /// - Returns: whether it is new.
  mutating func add(_ id: String, at path: String) -> Bool {
    if let old = entries[id]?.path {
      guard old != path else { return false }
      ids[old] = nil
    }
    entries[id] = Entry(path: path)
    ids[path] = id
    return true
  }

  /// Removes a session that has ended.
  ///
  /// - Returns: the session, if it had been read and was a login.
  mutating func remove(_ id: String) -> LoginSession? {
    guard let entry = entries.removeValue(forKey: id) else { return nil }
    ids[entry.path] = nil
    troubles[id] = nil
    return entry.login
  }

  /// Begins a question about a session.
  ///
  /// - Returns: the path of its object; `nil` if there is none any more.
  mutating func ask(_ id: String) -> String? {
    guard var entry = entries[id] else { return nil }
    if entry.askers == 0 { (entry.changed, entry.shown) = ([:], [:]) }
    entry.askers += 1
    entries[id] = entry
    return entry.path
  }

  /// Ends a question about a session.
  ///
  /// - Parameters:
  ///   - id: the session's id.
  ///   - path: the path that was asked.
  ///   - properties: the answer; `nil` for none.
  ///   - user: the session's user, if that was asked too.
  ///   - trouble: the reason why there is no answer.
  /// - Returns: the session, if its screen was locked before and no longer is.
  mutating func answer(
    _ id: String, at path: String, _ properties: [String: Value]?, user: User? = nil, trouble: String? = nil
  ) -> LoginSession? {
    guard var entry = entries[id], entry.path == path else { return nil }
    entry.askers = max(0, entry.askers - 1)
    troubles[id] = entry.session?.isLogin == false ? nil : trouble
    var session = entry.session
    if let properties {
      session = user.map { LoginSession(properties: properties, id: id, user: $0) } ?? session
      session?.take(properties)
      session?.take(entry.changed)
      if let shown = session.flatMap({ entry.shown[$0.seatPath] }) { session?.take(["Active": .boolean(shown == id)]) }
    }
    return enter(entry, id, session)
  }

  /// Changes properties of a session.
  ///
  /// - Returns: the session, if its screen was locked before and no longer is.
  mutating func change(_ id: String, _ changed: [String: Value]) -> LoginSession? {
    guard var entry = entries[id] else { return nil }
    if entry.askers > 0 { entry.changed.merge(changed) { _, new in new } }
    var session = entry.session
    session?.take(changed)
    return enter(entry, id, session)
  }

  /// Notes that a seat shows another session; `id` is empty if it shows none.
  mutating func show(_ id: String, at seatPath: String) {
    for (other, entry) in entries {
      if entry.askers > 0 { entries[other]?.shown[seatPath] = id }
      if entry.session?.seatPath == seatPath { entries[other]?.session?.take(["Active": .boolean(other == id)]) }
    }
  }

  private mutating func enter(_ entry: Entry, _ id: String, _ session: LoginSession?) -> LoginSession? {
    var entry = entry
    let wasLocked = entry.login?.isLocked == true
    entry.session = session
    entries[id] = entry
    return wasLocked && entry.login?.isLocked == false ? entry.login : nil
  }
}
