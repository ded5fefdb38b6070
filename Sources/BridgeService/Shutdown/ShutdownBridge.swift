internal import GBus
internal import Logging
internal import MessengerContract
internal import MessengerProxy

/// Shows logind's schedule to everyone: one popup that counts down in its place.
///
/// It watches logind's file, which systemd 252 to 262 writes when the schedule changes, and removes when there is none.
/// The property `ScheduledShutdown` is not enough: systemd 252 doesn't signal it, and a logind 262 that was started
/// again signals that there is no shutdown although there is.
@MainLoop
final class ShutdownBridge {
  /// How long the file must be quiet before it is read. A logind that starts removes it and writes it anew.
  private static let settlingDelay: Duration = .milliseconds(200)
  /// How long it takes until something that msgd has refused is tried again.
  private static let retryDelay: Duration = .seconds(10)

  /// How many schedules of other users than root are shown in a minute, and at once. Root's must have room.
  private static let perMinute: UInt32 = 10
  private static let burst: UInt32 = 10

  private let folder: String
  private let service: MessageService
  private let users: UserNames
  private let clock: LocalClock
  private let logger: Logger
  private var bucket = TokenBucket(perMinute: perMinute, burst: burst, at: .now)
  /// The last schedule of another user than root for which a token was taken.
  private var admitted: ScheduledShutdown?
  private var countdown = ShutdownCountdown()
  /// The popup that counts down.
  private var sent: SentMessage?
  /// All messages that may still stand.
  private var standing: StandingMessages
  private var watcher: FolderWatcher?
  /// The next look at what the time has changed.
  private var timer: Timer?
  /// The next look at a schedule that has changed.
  private var settling: Timer?
  private var looking: Task<Void, Never>?
  private var looksAgain = false
  /// Why the last popup could not be shown. The same reason is logged once.
  private var failure: String?
  private var isEnding = false

  /// - Parameters:
  ///   - folder: the folder in which logind has its schedule.
  ///   - notes: the file for the ids of messages; `nil` for none.
  ///   - service: sends the messages.
  ///   - users: knows users' names.
  ///   - clock: the time of day.
  ///   - logger: receives what went wrong.
  init(folder: String, notes: String?, service: MessageService, users: UserNames, clock: LocalClock, logger: Logger) {
    self.folder = folder
    self.service = service
    self.users = users
    self.clock = clock
    self.logger = logger
    standing = StandingMessages(path: notes)
  }

  /// Begins to watch.
  ///
  /// - Throws: `BusError` if the folder can't be watched.
  func start() throws {
    watcher = try FolderWatcher(folder) { [weak self] in self?.lookSoon() }
    service.followChanges { [weak self] id, changes in
      if self?.sent?.id == id { self?.sent?.note(changes, at: .now) }
    }
    service.followDepartures { [weak self] in self?.serviceLeft() }
    look()
  }

  /// Takes the popup back.
  func end() async {
    isEnding = true
    watcher?.close()
    timer?.cancel()
    settling?.cancel()
    await looking?.value
    await withdrawAll()
  }

  private func serviceLeft() {
    guard let sent else { return }
    // It has forgotten the message, even if somebody has seen it to its end.
    standing.forget(sent.id)
    self.sent = nil
    guard sent.isLost(at: .now) else { return }
    countdown.forget()
    lookSoon()
  }

  private func lookSoon() {
    guard !isEnding else { return }
    settling?.cancel()
    settling = Timer(at: .after(Self.settlingDelay)) { [weak self] in self?.look() }
  }

  /// Brings what users see up to date. One look at a time: msgd's answers decide about the next steps.
  private func look() {
    guard looking == nil else {
      looksAgain = true
      return
    }
    looking = MainLoop.task { await self.bringUpToDate() }
  }

  private func bringUpToDate() async {
    repeat {
      looksAgain = false
      let scheduled = await read()
      let shutdown = scheduled.flatMap { isAdmitted($0) ? $0 : nil }
      if scheduled == nil { failure = nil }
      for step in countdown.steps(for: shutdown, at: clock) { await take(step) }
      await withdrawOthers()
      let delay = ShutdownCountdown.delay(for: scheduled, at: clock)
      schedule(scheduled == shutdown ? delay : min(delay ?? Self.retryDelay, Self.retryDelay))
    } while looksAgain && !isEnding
    looking = nil
  }

  private func read() async -> ScheduledShutdown? {
    var shutdown = SmallFile.read("\(folder)/scheduled").flatMap(ScheduledShutdown.init(schedule:))
    if let uid = shutdown?.uid, uid != 0 { shutdown?.userName = await users.names(of: [uid]).first }
    return shutdown
  }

  /// Whether a schedule may be shown now. Whoever sits at the machine may change theirs as often as they like.
  private func isAdmitted(_ shutdown: ScheduledShutdown) -> Bool {
    if shutdown.isRoots || shutdown == admitted { return true }
    guard bucket.take(at: .now) == nil else { return false }
    admitted = shutdown
    return true
  }

  private func schedule(_ delay: Duration?) {
    timer?.cancel()
    let isBehind = failure != nil || standing.ids.contains { $0 != sent?.id }
    guard let delay = isBehind ? min(delay ?? Self.retryDelay, Self.retryDelay) : delay else { return }
    guard !isEnding else { return }
    timer = Timer(at: .after(delay)) { [weak self] in self?.look() }
  }

  private func take(_ step: ShutdownCountdown.Step) async {
    switch step {
    case .withdraw: sent = nil
    case .show(let notice): await show(notice)
    case .change(let notice): await change(to: notice)
    }
  }

  private func show(_ notice: ShutdownNotice) async {
    // What stands is taken back first: two popups would contradict each other.
    await withdrawOthers()
    do {
      let (id, deliveries) = try await service.send(Self.message(notice))
      (sent, failure) = (SentMessage(id: id, deliveries: deliveries), nil)
      if !standing.note(id) { logger.warning("can't note message \(id): after a crash its popup would stay") }
      logger.info("shows to everyone: \(notice.title)")
      if let reason = Delivery.failure(in: deliveries) {
        logger.warning("\"\(notice.title)\" is not shown everywhere: \(reason)")
      }
      guard deliveries.allSatisfy({ $0.state == .failed }) else { return }
      failure = "nobody sees it"
      sent = nil
      countdown.forget()
    } catch let error as MessengerError where [.noSession, .noSuchRecipient].contains(error.code) {
      failure = nil
      countdown.forget()  // nobody is there yet
    } catch {
      let reason = "\(error)"
      if reason != failure { logger.error("can't show \"\(notice.title)\": \(reason)") }
      failure = reason
      countdown.forget()
    }
  }

  private func change(to notice: ShutdownNotice) async {
    guard let sent else { return }
    do {
      try await service.update(sent.id, to: Self.message(notice))
    } catch let error as MessengerError where error.code == .noSuchMessage {
      // Everybody has closed it some time ago. They see the next phase.
      self.sent = nil
      standing.forget(sent.id)
    } catch {
      logger.error("can't change message \(sent.id): \(error)")
      // It is tried again as a new one, because a wrong time must not stay.
      failure = "\(error)"
      self.sent = nil
      countdown.forget()
    }
  }

  /// Withdraws every message but the one that counts down.
  private func withdrawOthers() async {
    for id in standing.ids where id != sent?.id {
      do {
        try await service.withdraw(id)
        standing.forget(id)
      } catch {
        logger.error("can't withdraw message \(id): \(error)")
      }
    }
  }

  private func withdrawAll() async {
    sent = nil
    await withdrawOthers()
  }

  private static func message(_ notice: ShutdownNotice) -> DesktopMessage {
    DesktopMessage(
      body: notice.body.cut(to: Messenger.maximumBodyLength),
      options: SendOptions(timeout: 0, title: notice.title, urgency: notice.urgency, icon: notice.icon))
  }
}
