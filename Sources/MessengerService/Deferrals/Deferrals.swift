internal import GBus
internal import Logging
internal import MessengerContract

/// The messages that users have put off, in memory and on the disk, until they end. It says when they return.
///
/// A message is kept until its delivery is final, also while it is shown again: if msgd is killed then, the next one
/// shows it once more. The file belongs to the process that owns msgd's name.
@MainLoop
final class Deferrals {
  /// Called with a message and the sessions in which it is to be shown again. Returns false if that is to be tried
  /// again later.
  var onReturn: (@MainLoop (Message, Set<String>) async -> Bool)?

  /// The time of day. Returns go by it: the user was promised a time, and the machine may sleep until then.
  let wallClock: WallClock

  /// The largest id that was found on the disk.
  private(set) var lastID: UInt64?

  /// How long the time of day may be wrong after the machine has slept or the clock was set.
  private static let checkDelay: Duration = .seconds(60)
  /// By how much the clock may be set back before returns are due, in seconds.
  private static let clockMargin: UInt64 = 3600
  /// How long a return waits that could not begin, in seconds.
  private static let retryDelay: UInt64 = 60

  /// A delivery that was put off.
  private struct Place {
    let created: UInt64
    let uid: UInt32
    var returns: UInt64
    var deferrals: UInt32
    /// When it is due, in seconds since 1970; `nil` while it is being put off, and once it has returned.
    var due: UInt64?
  }

  private struct Entry {
    let message: Message
    /// The deliveries, by session.
    var places: [String: Place] = [:]
  }

  private lazy var store = KeptMessageStore(folder: folder, timeout: timeout, logger: logger) { [weak self] id in
    self?.kept(id)
  }
  private let folder: MessageFolder
  private let timeout: Duration
  private let sessions: @MainLoop () async -> [LoginSession]
  private let limits: Limits
  private let logger: Logger
  private var entries: [UInt64: Entry] = [:]
  /// How often each user may still put something off.
  private var paces: [UInt32: TokenBucket] = [:]
  private var timer: Timer?
  private var isRunning = false

  /// Makes a list that is empty until ``read(_:)``.
  ///
  /// - Parameters:
  ///   - folder: the folder that holds the messages.
  ///   - sessions: returns the sessions that exist.
  ///   - wallClock: the time of day.
  ///   - settings: the limits, and how long the disk may take.
  ///   - logger: receives a line when something can't be kept.
  nonisolated init(
    folder: MessageFolder, sessions: @escaping @MainLoop () async -> [LoginSession], wallClock: WallClock,
    settings: Settings, logger: Logger
  ) {
    self.folder = folder
    timeout = settings.systemTimeout
    self.sessions = sessions
    self.wallClock = wallClock
    self.logger = logger
    limits = settings.limits
  }

  /// Whether no message is kept. As long as the disk has not answered, one may be.
  var isEmpty: Bool { entries.isEmpty && !store.isReading }

  /// Whether a message is on its way to the disk.
  var isSaving: Bool { store.isBusy }

  // MARK: Putting off

  /// Puts a message off. Its deliveries are `deferred` when it is on the disk. If it can't be kept, or too many are,
  /// its buttons for that go, and it is to be shown again at once.
  ///
  /// - Parameters:
  ///   - message: the message.
  ///   - seconds: after how many seconds it returns, but no later than the end of putting off.
  ///   - ids: the sessions of one user, in which the popup was.
  /// - Returns: whether it is put off, or has ended meanwhile.
  func putOff(_ message: Message, by seconds: UInt32, at ids: Set<String>) async -> Bool {
    let returns = min((wallClock.milliseconds() + 999) / 1000 + UInt64(seconds), message.content.until)
    let targets = await sessions().filter { ids.contains($0.id) && message.isOpen(at: [$0.id]) }
    if message.isTakenBack {
      message.enter(.withdrawn, at: ids)
      return true
    }
    guard let user = targets.first?.user else {
      for id in ids { message.sessionEnded(id) }
      return true
    }
    guard hasRoom(for: message, at: user.uid) else {
      return refuse(message, user, "too many messages to the user, or of the sender, are put off")
    }
    guard mayPutOff(user.uid) else { return refuse(message, user, "the user puts off too much in a short time") }
    let before = entries[message.id]
    for session in targets {
      let former = before?.places[session.id]
      entries[message.id, default: Entry(message: message)].places[session.id] = Place(
        created: session.created, uid: user.uid, returns: returns, deferrals: (former?.deferrals ?? 0) + 1)
    }
    do { try await store.save(message.id) } catch {
      for session in targets { entries[message.id]?.places[session.id] = before?.places[session.id] }
      if entries[message.id]?.places.isEmpty == true { entries[message.id] = nil }
      store.saveSoon(message.id)
      return refuse(message, user, "\(error)")
    }
    if message.isTakenBack {
      message.enter(.withdrawn, at: ids)
    } else {
      message.enter(.deferred, at: ids, returns: returns)
      for session in ids { entries[message.id]?.places[session]?.due = returns }
    }
    schedule()
    return true
  }

  private func refuse(_ message: Message, _ user: User, _ reason: String) -> Bool {
    logger.error("message \(message.id) to \(user.name) can't be put off, and is shown again: \(reason)")
    message.stopPuttingOff(by: user.uid)
    return false
  }

  /// Whether a user may put off one more message. As many may be put off as may be open, from all senders and from one,
  /// so that nobody fills the memory or the disk; root's are never refused.
  private func hasRoom(for message: Message, at recipient: UInt32) -> Bool {
    let sender = message.sender.uid
    guard !message.sender.isRoot, entries[message.id]?.places.values.contains(where: { $0.uid == recipient }) != true
    else { return true }
    let places = entries.values.flatMap { entry in
      Set(entry.places.values.map(\.uid)).map { (sender: entry.message.sender.uid, recipient: $0) }
    }
    let own = places.count { $0.sender == sender && $0.recipient == recipient }
    guard sender != recipient else { return own < limits.openPopupsPerRecipient }
    return own < limits.openPopupsPerSenderAtRecipient
      && places.count { $0.recipient == recipient && $0.sender != recipient } < limits.openPopupsPerRecipient
      && places.count { $0.sender == sender } < limits.openPopupsPerSender
  }

  /// Counts what a user puts off, because each time the disk is written to, and the choice may be of one second.
  private func mayPutOff(_ uid: UInt32) -> Bool {
    let most = limits.openPopupsPerRecipient
    paces = paces.filter { !$0.value.isFull(at: .now) }
    var pace = paces[uid] ?? TokenBucket(perMinute: UInt32(most), burst: 2 * UInt32(most), at: .now)
    let delay = pace.take(at: .now)
    paces[uid] = pace
    return delay == nil
  }

  // MARK: Changes

  /// Notes that a message says something else. Only a new text is worth the disk's work at once.
  func noteChange(of message: Message, hasText: Bool) {
    guard entries[message.id] != nil else { return }
    if hasText { store.saveSoon(message.id) } else { store.saveLater(message.id) }
  }

  /// Notes that a delivery has changed. A final one is not kept any more.
  func noteChange(of message: Message, _ delivery: Delivery) {
    guard delivery.state.isFinal, entries[message.id]?.places.removeValue(forKey: delivery.sessionID) != nil else {
      return
    }
    if entries[message.id]?.places.isEmpty == true { entries[message.id] = nil }
    store.saveSoon(message.id)
  }

  // MARK: Returns

  /// Shows the messages that are due, and from now on each when it is.
  func run() {
    isRunning = true
    schedule()
  }

  /// Shows no message any more.
  func stop() {
    isRunning = false
    timer?.cancel()
  }

  private func schedule() {
    timer?.cancel()
    let due = entries.values.flatMap { $0.places.values.compactMap(\.due) }
    guard isRunning, let next = due.min() else { return }
    let now = wallClock.milliseconds()
    let isDue = due.contains { Self.isDue($0, at: wallClock.seconds) }
    let delay: Duration = .milliseconds(isDue || next * 1000 <= now ? 0 : next * 1000 - now)
    timer = Timer(at: .after(min(delay, Self.checkDelay))) { [weak self] in self?.returnDue() }
  }

  private func returnDue() {
    let now = wallClock.seconds
    for (id, entry) in entries.sorted(by: { $0.key < $1.key }) {
      let due = Set(entry.places.filter { $0.value.due.map { Self.isDue($0, at: now) } ?? false }.keys)
      guard !due.isEmpty else { continue }
      for session in due { entries[id]?.places[session]?.due = nil }
      MainLoop.task { await self.comeBack(entry.message, at: due) }
    }
    schedule()
  }

  /// Whether a time has come, or is so far away that the clock was wrong when it was set.
  private static func isDue(_ time: UInt64, at now: UInt64) -> Bool {
    time <= now || time - now > UInt64(LaterRules.choices.upperBound) + clockMargin
  }

  private func comeBack(_ message: Message, at sessions: Set<String>) async {
    guard let onReturn, await !onReturn(message, sessions) else { return }
    for session in sessions { entries[message.id]?.places[session]?.due = wallClock.seconds + Self.retryDelay }
    schedule()
  }

  // MARK: The disk

  /// Reads the messages that an earlier msgd has kept. If the disk takes too long for callers to wait, `takeLate` is
  /// called with them when it answers.
  func read(_ takeLate: @escaping @MainLoop ([KeptMessage]) async -> Void) async -> [KeptMessage] {
    let content = await store.read { content in
      await takeLate(self.take(content))
      self.schedule()
    }
    return content.map(take) ?? []
  }

  private func take(_ content: MessageFolder.Content) -> [KeptMessage] {
    for problem in content.strange { logger.error("a message that was put off is not shown: \(problem)") }
    lastID = content.lastID
    return content.messages
  }

  /// Adds a message that was read.
  func take(_ kept: KeptMessage, as message: Message) {
    let places = kept.places.map { place in
      let own = Place(
        created: place.created, uid: place.uid, returns: place.returns, deferrals: place.deferrals, due: place.returns)
      return (place.session, own)
    }
    entries[kept.id] = Entry(message: message, places: Dictionary(places) { first, _ in first })
  }

  /// Whether a session is the one in which a message was put off, and no other with its id.
  func isSame(_ session: LoginSession, as id: String, of message: Message) -> Bool {
    guard let place = entries[message.id]?.places[id] else { return false }
    return session.id == id && session.created == place.created && session.user.uid == place.uid
      && session.state != .closing
  }

  /// Returns when all changes are on the disk, or could not get there.
  func flush() async { await store.flush() }

  /// Returns when all changes of a message are on the disk, or could not get there.
  func flush(_ message: Message) async { await store.flush(message.id) }

  /// Returns a message as it is to be on the disk; `nil` if it isn't kept any more.
  private func kept(_ id: UInt64) -> KeptMessage? {
    guard let entry = entries[id] else { return nil }
    let message = entry.message
    let places = message.deliveries.compactMap { delivery in
      entry.places[delivery.sessionID].map { place in
        KeptMessage.Place(
          session: delivery.sessionID, created: place.created, uid: delivery.uid, userName: delivery.userName,
          sessionName: delivery.details.sessionName, recipient: delivery.details.recipient, returns: place.returns,
          deferrals: place.deferrals)
      }
    }
    return KeptMessage(message, from: message.sender.uid, at: wallClock.milliseconds(), places: places)
  }
}
