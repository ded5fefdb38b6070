internal import CProcess
internal import GBus
internal import Logging
internal import MessengerContract

/// The logins of this machine: logind's sessions without those of service managers. They are read from logind once, and
/// then followed by its signals. The signals report everything except a session's state:
/// ``refreshDoubtfulStates(of:)``.
@MainLoop
final class SessionDirectory {
  /// Called with each session that has ended.
  var onEnd: (@MainLoop (LoginSession) -> Void)?
  /// Called with each session that has begun, or about which something has changed.
  var onChange: (@MainLoop (LoginSession) -> Void)?
  /// Called with each session whose screen has been unlocked.
  var onUnlock: (@MainLoop (LoginSession) -> Void)?

  private let connection: Connection
  private let logger: Logger
  private let objects: LogindObjects
  private var known = KnownSessions() { didSet { logins = nil } }
  /// The last result of ``sessions()``, until something changes.
  private var logins: [LoginSession]?
  /// Whether logind has listed its sessions and hasn't left since, so that its signals have reported all changes.
  private var isCurrent = false
  /// Whether it didn't answer about a session, and hasn't listed the sessions since.
  private var isHanging = false
  /// How often logind has left the bus.
  private var departures = 0
  /// The question for the list, while it is open.
  private var listing: SharedTask<Void>?
  /// The sessions to be read, by id. Sessions that are known already have a queue of their own, because nobody else
  /// waits for them.
  private lazy var unread = WorkQueue<String>(atOnce: 32) { [weak self] in await self?.readNow($0) }
  private lazy var stale = WorkQueue<String>(atOnce: 16) { [weak self] in await self?.readNow($0) }

  /// Makes a directory that is empty until ``start()``.
  ///
  /// - Parameters:
  ///   - connection: the system bus.
  ///   - timeout: how long logind may take to answer.
  ///   - logger: receives a line when logind can't be asked.
  init(connection: Connection, timeout: Duration, logger: Logger) {
    self.connection = connection
    self.logger = logger
    objects = LogindObjects(connection: connection, timeout: timeout)
  }

  /// Subscribes to logind's signals, then reads the sessions. If logind can't be reached yet, they are read when it
  /// appears on the bus, or with the next question.
  func start() async {
    LogindSignals.follow(on: connection) { [weak self] in self?.handle($0) }
    do { try await list() } catch { logger.error("\(error)") }
    await unread.done()
  }

  /// Returns all logins, in the order in which they were opened. Waits for those that are being read.
  func sessions() async -> [LoginSession] {
    if let logins { return logins }
    await unread.done()
    let logins = known.logins
    if unread.isEmpty { self.logins = logins }
    return logins
  }

  /// The ids of existing sessions about which logind gave no answer when it was last asked, with the reason.
  var doubtful: [String: String] { known.doubtful }

  /// Asks logind for what isn't known: for everything if it had left or never answered, and for the sessions that are
  /// ``doubtful``. Afterwards ``sessions()`` agrees with logind.
  ///
  /// - Throws: `Unavailable` if logind doesn't answer.
  func becomeCurrent() async throws {
    // Those who wait for a list go on first.
    if isCurrent, listing == nil {
      isHanging = false
      doubtful.keys.forEach(read)
    } else {
      try await list()
    }
    await unread.done()
    // It may have left meanwhile.
    if !isCurrent { try await list() }
    await unread.done()
  }

  /// Reads sessions anew. Afterwards ``sessions()`` is also right about what logind doesn't signal, such as states.
  ///
  /// - Parameter uid: the user whose sessions are read; `nil` for everybody's.
  /// - Throws: `Unavailable` if logind doesn't answer, or not about one of these sessions.
  func refresh(of uid: UInt32?) async throws {
    try await list()
    for session in known.logins where uid == nil || session.user.uid == uid { stale.append(session.id) }
    await stale.done()
    try await becomeCurrent()
    let others = Set(known.logins.filter { uid != nil && $0.user.uid != uid }.map(\.id))
    if let (id, trouble) = known.troubles.filter({ !others.contains($0.key) }).min(by: { $0.key < $1.key }) {
      throw MessengerError.unavailable(session: id, trouble)
    }
  }

  /// Calls ``refreshStates(of:)`` for the sessions whose state may have changed unnoticed: those that were opening when
  /// they were read, and those whose first process is gone, because a session begins to close with that.
  func refreshDoubtfulStates(of sessions: [LoginSession]) async {
    await refreshStates(of: sessions.filter { $0.state == .opening || !msg_is_running($0.leader) })
  }

  /// Asks for the states of sessions, all at once. logind signals that a session becomes active, but not that it has
  /// opened or begins to close, although its introspection data promise that (seen with systemd 252 to 257). Programs
  /// that outlive their session can keep it closing for a long time.
  func refreshStates(of sessions: [LoginSession]) async {
    await MainLoop.concurrently(sessions) { await self.refreshState(of: $0.id) }
  }

  private func refreshState(of id: String) async {
    guard let path = known.ask(id) else { return }
    let state = try? await objects.state(of: path)
    tell(known.answer(id, at: path, state))
  }

  private func handle(_ event: LogindSignals.Event) {
    switch event {
    case .sessionNew(let id, let path): add(id, at: path)
    case .sessionRemoved(let id): remove(id)
    case .userRemoved(let uid): objects.forget(user: uid)
    case .sessionChanged(let path, let properties, let isComplete):
      guard let id = known.id(at: path) else { return }
      tell(known.change(id, properties))
      tellChange(of: id)
      if !isComplete { read(id) }
    case .seatShows(let id, let seatPath): known.show(id, at: seatPath)
    case .owner(let owner): changeOwner(owner)
    }
  }

  private func changeOwner(_ owner: String?) {
    isCurrent = false
    guard owner != nil else { return departures += 1 }
    MainLoop.task {
      do { try await self.list() } catch { self.logger.error("\(error)") }
    }
  }

  /// Asks for the list of sessions. Callers who come meanwhile share the answer.
  ///
  /// - Throws: `Unavailable`.
  private func list() async throws {
    let task = listing ?? SharedTask { try await self.listNow() }
    listing = task
    defer { if listing === task { listing = nil } }
    try await task.value
  }

  private func listNow() async throws {
    let before = known.all
    let paths: [String: String]
    do {
      paths = try await lastingPaths()
    } catch {
      throw MessengerError.unavailable(Self.text(error))
    }
    isHanging = false
    let wasCurrent = isCurrent
    isCurrent = true
    if !wasCurrent { objects.forgetUsers() }
    // Only sessions that were known before the question, because one that has begun since may be missing from the
    // answer.
    for id in before where paths[id] == nil { remove(id) }
    for (id, path) in paths {
      if known.path(of: id) != path { add(id, at: path) } else if !wasCurrent { read(id) }
    }
  }

  /// Returns the list of a logind that has not left since, because another one may have other sessions.
  private func lastingPaths() async throws -> [String: String] {
    for _ in 0..<Self.mostDepartures {
      let before = departures
      let paths = try await objects.sessionPaths()
      if departures == before { return paths }
    }
    throw BusError.local("it leaves again and again")
  }

  private static let mostDepartures = 3

  private func add(_ id: String, at path: String) {
    if known.add(id, at: path) { read(id) }
  }

  private func remove(_ id: String) {
    if let session = known.remove(id) { onEnd?(session) }
  }

  /// Reads a session anew. Until then, its previous properties count.
  private func read(_ id: String) {
    logins = nil
    unread.append(id)
  }

  private func readNow(_ id: String) async {
    // If it isn't current, the next list reads all sessions.
    guard isCurrent, let path = known.ask(id) else { return }
    do {
      // A logind that doesn't answer about one session isn't asked about a thousand others.
      if isHanging { throw BusError.timedOut }
      let found = try await objects.session(at: path)
      tell(known.answer(id, at: path, found?.properties, user: found?.user))
      tellChange(of: id)
    } catch {
      isHanging = isHanging || error as? BusError == .timedOut
      tell(known.answer(id, at: path, nil, trouble: Self.text(error)))
    }
  }

  private func tellChange(of id: String) {
    if let session = known.login(id) { onChange?(session) }
  }

  private func tell(_ unlocked: LoginSession?) {
    if let unlocked { onUnlock?(unlocked) }
  }

  private static func text(_ error: any Error) -> String {
    switch error {
    case BusError.remote(_, let message): message
    case BusError.timedOut: "it hangs"
    case BusError.local(let reason): reason
    default: "\(error)"
    }
  }
}
