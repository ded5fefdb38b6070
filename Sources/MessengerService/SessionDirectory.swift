internal import CImpersonation
internal import GBus
internal import Logging

/// The sessions of this machine: read from logind once, then followed by its signals. Only a session that begins to close
/// sends none: ``refreshStates(of:)``.
@MainLoop
final class SessionDirectory {
  /// Called with each session that ended.
  var onEnd: (@MainLoop (Session) -> Void)?
  /// Called with each session whose screen is not locked any more.
  var onUnlock: (@MainLoop (Session) -> Void)?

  private let connection: Connection
  private let logger: Logger
  /// The sessions that logind has, by id: their object's path, and what is known of them once they have been read.
  private var entries: [String: Entry] = [:]
  /// What ``sessions()`` returned, until something changes.
  private var sorted: [Session]?
  private let objects: LogindObjects
  /// The sessions that are to be read, by id.
  private lazy var unread = Backlog<String>(atOnce: 32) { [weak self] in await self?.readNow($0) }

  private struct Entry {
    let path: String
    var session: Session?
    /// How many read it at the moment.
    var readers = 0
    /// What changed while it was being read.
    var changed: [String: Value] = [:]
  }

  /// A directory that is empty until ``start()``.
  ///
  /// - Parameters:
  ///   - connection: the system bus.
  ///   - patience: how long logind may take for an answer.
  ///   - logger: where it tells of trouble.
  init(connection: Connection, patience: Duration, logger: Logger) {
    self.connection = connection
    self.logger = logger
    objects = LogindObjects(connection: connection, patience: patience, logger: logger)
  }

  /// Subscribes to logind's signals, then reads what there is. Where logind can't be reached yet, its sessions come when it
  /// appears on the bus.
  func start() async {
    follow("SessionNew") { directory, arguments in
      guard let id = arguments.first?.string, let path = arguments.last?.string else { return }
      directory.add(id: id, path: path)
    }
    follow("SessionRemoved") { directory, arguments in
      if let id = arguments.first?.string { directory.remove(id: id) }
    }
    follow("UserRemoved") { directory, arguments in
      if let uid = arguments.first?.uint32 { directory.objects.forget(user: uid) }
    }
    let changes = SignalFilter(
      sender: Logind.busName, interface: "org.freedesktop.DBus.Properties", member: "PropertiesChanged",
      argument0: Logind.sessionInterface)
    connection.subscribe(changes) { [weak self] signal in self?.update(signal) }
    let owner = SignalFilter(
      sender: "org.freedesktop.DBus", interface: "org.freedesktop.DBus", member: "NameOwnerChanged",
      argument0: Logind.busName)
    connection.subscribe(owner) { [weak self] signal in
      guard let newOwner = signal.arguments.last?.string, !newOwner.isEmpty else { return }
      MainLoop.task { await self?.reload() }
    }
    await reload()
  }

  /// All sessions, in the order of their opening. Waits for those that are being read.
  func sessions() async -> [Session] {
    if let sorted { return sorted }
    await unread.done()
    let sorted = entries.values.compactMap(\.session).sorted { ($0.created, $0.id) < ($1.created, $1.id) }
    self.sorted = sorted
    return sorted
  }

  /// The same as ``refreshStates(of:)`` for those sessions whose first process is gone, with which a session begins to close.
  func refreshDoubtfulStates(of sessions: [Session]) async {
    await refreshStates(of: sessions.filter { !msg_is_running($0.leader) })
  }

  /// Asks whether sessions have begun to close, all at once. logind tells it to who asks, though its introspection data
  /// promise a signal (seen with systemd 252); programs that outlive their session can keep it closing for long.
  func refreshStates(of sessions: [Session]) async {
    await MainLoop.concurrently(sessions) { await self.refreshState(of: $0.id) }
  }

  private func refreshState(of id: String) async {
    guard let path = entries[id]?.path, let state = await objects.state(of: path) else { return }
    change(id, ["State": state])
  }

  private func follow(_ member: String, _ handler: @escaping @MainLoop (SessionDirectory, [Value]) -> Void) {
    let filter = SignalFilter(
      sender: Logind.busName, path: Logind.manager.path, interface: Logind.manager.interface, member: member)
    connection.subscribe(filter) { [weak self] signal in
      if let self { handler(self, signal.arguments) }
    }
  }

  private func reload() async {
    do {
      let paths = try await objects.sessionPaths()
      objects.forgetUsers()
      for id in entries.keys where paths[id] == nil { remove(id: id) }
      for (id, path) in paths {
        if entries[id]?.path == path { read(id: id) } else { add(id: id, path: path) }
      }
    } catch {
      logger.error("logind does not list its sessions: \(error)")
    }
  }

  private func add(id: String, path: String) {
    guard entries[id] == nil else { return }
    entries[id] = Entry(path: path)
    sorted = nil
    read(id: id)
  }

  private func remove(id: String) {
    sorted = nil
    guard let session = entries.removeValue(forKey: id)?.session else { return }
    onEnd?(session)
  }

  /// Reads a session anew; what came before counts until then.
  private func read(id: String) {
    sorted = nil
    unread.append(id)
  }

  private func readNow(_ id: String) async {
    guard let path = entries[id]?.path else { return }
    if entries[id]?.readers == 0 { entries[id]?.changed = [:] }
    entries[id]?.readers += 1
    if let (properties, user) = await objects.session(at: path) {
      var session = Session(properties: properties, id: id, user: user)
      session.take(entries[id]?.changed ?? [:])
      enter(session, id)
    }
    entries[id]?.readers -= 1
  }

  private func update(_ signal: Signal) {
    guard let id = entries.first(where: { $0.value.path == signal.path })?.key, signal.arguments.count == 3 else {
      return
    }
    change(id, signal.arguments[1].dictionary ?? [:])
    if !(signal.arguments[2].elements ?? []).isEmpty { read(id: id) }
  }

  private func change(_ id: String, _ changed: [String: Value]) {
    if let entry = entries[id], entry.readers > 0 { entries[id]?.changed.merge(changed) { _, new in new } }
    guard var session = entries[id]?.session else { return }
    session.take(changed)
    enter(session, id)
  }

  private func enter(_ session: Session, _ id: String) {
    sorted = nil
    let wasLocked = entries[id]?.session?.isLocked == true
    entries[id]?.session = session
    if wasLocked, !session.isLocked { onUnlock?(session) }
  }
}
