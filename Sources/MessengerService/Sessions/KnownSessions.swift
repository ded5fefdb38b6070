internal import GBus

/// The sessions that logind has told of, and what is known of each. A value, which asks nobody.
///
/// A session that is asked about may change meanwhile: what logind signals between the question and the end of the
/// asker's work on the answer is newer than the answer, and counts more.
struct KnownSessions {
  private var entries: [String: Entry] = [:]
  /// The ids, by the paths of the objects.
  private var ids: [String: String] = [:]
  /// Why sessions could not be read when that was last tried; of those alone that could not.
  private(set) var troubles: [String: String] = [:]

  private struct Entry {
    let path: String
    /// `nil` until it has been read.
    var session: LoginSession?
    /// How many ask about it at the moment.
    var askers = 0
    /// What changed while it was asked about.
    var changed: [String: Value] = [:]
    /// The sessions that seats came to show while it was asked about: their ids, by the seats' paths.
    var shown: [String: String] = [:]
  }

  /// The ids of all.
  var all: Set<String> { Set(entries.keys) }

  /// The sessions that have been read, in the order of their opening.
  var sorted: [LoginSession] {
    entries.values.compactMap(\.session).sorted { ($0.created, $0.id) < ($1.created, $1.id) }
  }

  /// The ids of those that have never been read because that failed, with the reason.
  var doubtful: [String: String] { troubles.filter { entries[$0.key]?.session == nil } }

  /// The path of a session's object; `nil` where there is no such session.
  func path(of id: String) -> String? { entries[id]?.path }

  /// The id of the session whose object is there.
  func id(at path: String) -> String? { ids[path] }

  /// A new session.
  ///
  /// - Returns: whether it was not there before.
  mutating func add(_ id: String, at path: String) -> Bool {
    if let old = entries[id]?.path {
      guard old != path else { return false }
      ids[old] = nil
    }
    entries[id] = Entry(path: path)
    ids[path] = id
    return true
  }

  /// A session ended.
  ///
  /// - Returns: the session, where it had been read.
  mutating func remove(_ id: String) -> LoginSession? {
    guard let entry = entries.removeValue(forKey: id) else { return nil }
    ids[entry.path] = nil
    troubles[id] = nil
    return entry.session
  }

  /// Somebody asks about a session.
  ///
  /// - Returns: the path of its object; `nil` where there is none any more.
  mutating func ask(_ id: String) -> String? {
    guard var entry = entries[id] else { return nil }
    if entry.askers == 0 { (entry.changed, entry.shown) = ([:], [:]) }
    entry.askers += 1
    entries[id] = entry
    return entry.path
  }

  /// Somebody who asked got an answer.
  ///
  /// - Parameters:
  ///   - id: about which session.
  ///   - path: where that was.
  ///   - properties: the answer; `nil` for none.
  ///   - user: whose session it is, where that was asked, too.
  ///   - trouble: why there is no answer.
  /// - Returns: the session, where its screen was locked before and is no more.
  mutating func answer(
    _ id: String, at path: String, _ properties: [String: Value]?, user: User? = nil, trouble: String? = nil
  ) -> LoginSession? {
    guard var entry = entries[id], entry.path == path else { return nil }
    entry.askers = max(0, entry.askers - 1)
    troubles[id] = trouble
    var session = entry.session
    if let properties {
      session = user.map { LoginSession(properties: properties, id: id, user: $0) } ?? session
      session?.take(properties)
      session?.take(entry.changed)
      if let shown = session.flatMap({ entry.shown[$0.seatPath] }) { session?.take(["Active": .boolean(shown == id)]) }
    }
    return enter(entry, id, session)
  }

  /// Properties of a session changed.
  ///
  /// - Returns: the session, where its screen was locked before and is no more.
  mutating func change(_ id: String, _ changed: [String: Value]) -> LoginSession? {
    guard var entry = entries[id] else { return nil }
    if entry.askers > 0 { entry.changed.merge(changed) { _, new in new } }
    var session = entry.session
    session?.take(changed)
    return enter(entry, id, session)
  }

  /// A seat shows another session, or none: `id` is empty then.
  mutating func show(_ id: String, at seatPath: String) {
    for (other, entry) in entries {
      if entry.askers > 0 { entries[other]?.shown[seatPath] = id }
      if entry.session?.seatPath == seatPath { entries[other]?.session?.take(["Active": .boolean(other == id)]) }
    }
  }

  private mutating func enter(_ entry: Entry, _ id: String, _ session: LoginSession?) -> LoginSession? {
    let wasLocked = entry.session?.isLocked == true
    entries[id] = entry
    entries[id]?.session = session
    return wasLocked && session?.isLocked == false ? session : nil
  }
}
