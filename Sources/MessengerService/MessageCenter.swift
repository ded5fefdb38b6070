internal import GBus
internal import Logging
internal import MessengerContract

/// Sends messages. Callers have been identified, and their words translated, before they get here.
@MainLoop
final class MessageCenter {
  /// Called when a delivery has changed, or a message was forgotten: there may be nothing left to do.
  var onChange: (@MainLoop () -> Void)?

  /// Whether the service is about to end, and takes no more messages: their popups would go with it.
  var isLeaving = false

  private let addresses: AddressBook
  private let authorizer: Authorizer
  private let mutes: MuteList
  private let delivery: PopupDelivery
  private let journal: MessageJournal
  private let reporter: ChangeReporter
  private let wallClock: WallClock
  private let settings: Settings
  private let store: MessageStore
  private let line = DeliveryScheduler()
  private var quota: Quota

  init(
    addresses: AddressBook, authorizer: Authorizer, mutes: MuteList, ledger: PopupLedger, journal: MessageJournal,
    reporter: ChangeReporter, wallClock: WallClock, settings: Settings
  ) {
    self.addresses = addresses
    self.authorizer = authorizer
    self.mutes = mutes
    self.journal = journal
    self.reporter = reporter
    self.wallClock = wallClock
    self.settings = settings
    delivery = PopupDelivery(
      directory: addresses.directory, programs: addresses.programs, ledger: ledger,
      translations: Translations(folder: settings.localeFolder), settings: settings, disturbs: authorizer.disturbs)
    store = MessageStore(firstID: wallClock.milliseconds(), settings: settings)
    quota = Quota(settings.limits)
    store.onForget = { [weak self] in self?.onChange?() }
    addresses.directory.onEnd = { [weak self] in self?.sessionEnded($0) }
    addresses.directory.onUnlock = { [store] session in
      for message in store.all { message.sessionUnlocked(session.id) }
    }
  }

  /// Whether there is no message to remember.
  var isEmpty: Bool { store.isEmpty }

  /// Whether every message has come to its end.
  var isQuiet: Bool { store.all.allSatisfy(\.isFinal) && !delivery.desktops.isExpecting }

  /// Counts a call. What comes too often is refused here, before it makes any work.
  ///
  /// - Throws: `LimitExceeded`.
  func admit(_ caller: Caller) throws { try quota.call(by: caller, at: .now) }

  /// Counts an answer, whatever it says.
  ///
  /// - Throws: `LimitExceeded` where it is too much.
  func admit(answerTo caller: Caller, of count: Int) throws { try quota.answer(to: caller, of: count, at: .now) }

  /// Sends a message, and returns when every popup is shown or, where the request says so, decided.
  ///
  /// - Throws: `LimitExceeded`; `NotAuthorized`; where no recipient can be reached `NoSuchRecipient` or `NoSession`;
  ///   `Unavailable` where logind can't be asked; `Failed` where the service is about to end.
  func send(_ request: SendRequest, by caller: Caller) async throws -> Message {
    try quota.beginSending(by: caller, at: .now)
    defer { quota.endSending(by: caller) }
    try await addresses.directory.becomeCurrent()
    let senderName = await addresses.name(of: caller)
    let reach = await addresses.reach(of: request.recipients, by: caller, named: senderName)
    let audience = try await authorizer.authorize(caller, named: senderName, toMessage: reach) {
      await addresses.audience(of: reach)
    }
    let ignoresMutes = await ignoresMutes(caller)
    let resolution = try await addresses.resolve(reach, within: audience)
    if let objection = resolution.objection { throw objection }
    // Looked at after all that is waited for above.
    guard !isLeaving else {
      throw MessengerError(.failed, "msgd is about to end, and the popup would end with it: send it again")
    }

    let targets = Dictionary(grouping: resolution.targets, by: \.user.uid)
    let users = targets.values.map { $0[0].user }
    let muted = ignoresMutes ? [] : Set(users.filter { isMuted($0, for: caller) }.map(\.uid))
    let crowds = try quota.open(by: caller, at: Set(targets.keys).subtracting(muted), at: .now)
    let content = content(of: request, from: SenderName(senderName, uid: caller.uid))
    let message = store.add(content, from: caller, to: resolution) { [weak self] in self?.changed($0, $1) }
    journal.accepted(message, to: request.recipients)
    for (uid, group) in targets {
      let sessions = Set(group.map(\.id))
      if muted.contains(uid) {
        message.enter(.muted, at: sessions)
      } else if let crowd = crowds[uid] {
        message.enter(.failed, at: sessions, reason: .error(quota.error(of: crowd, at: group[0].user.name)))
      } else {
        deliver(message, to: group)
      }
    }
    await message.wait(until: request.options.wait ? .final : .settled)
    // Before the answer, which tells the same.
    reporter.flush(message)
    await journal.identified(senderOf: message)
    return message
  }

  /// A message that the caller may see.
  ///
  /// - Throws: `NoSuchMessage`.
  func message(_ id: UInt64, for caller: Caller) async throws -> Message {
    try await authorizer.authorize(caller, toManage: id, of: store[id]?.sender)
    guard let message = store[id] else { throw MessengerError.noSuchMessage(id) }
    return message
  }

  /// The sessions that the caller may see, as they are now.
  ///
  /// - Throws: `Unavailable` where logind can't be asked.
  func sessions(for caller: Caller) async throws -> [LoginSession] {
    let all = await authorizer.isShownAllSessions(caller)
    try await addresses.directory.refresh(of: all ? nil : caller.uid)
    return await addresses.withDisplays(all ? addresses.directory.sessions() : addresses.ownSessions(of: caller))
  }

  /// The real names of the sessions' users, by uid; without those that are not known.
  func realNames(in sessions: [LoginSession]) async -> [UInt32: String] {
    await addresses.users.realNames(of: Set(sessions.map(\.user.uid)))
  }

  /// Takes away what a msgd that was killed left on desktops.
  ///
  /// - Parameter logger: what is taken away is told here.
  func clearUp(logger: Logger) async {
    await CrashCleanup(
      ledger: delivery.ledger, desktops: delivery.desktops, timeout: settings.deliveryTimeout, logger: logger
    ).clear()
  }

  /// Withdraws everything, and returns when every delivery is final or the time for it is over.
  func end() async {
    let open = store.all.filter { !$0.isFinal }
    let closing = MainLoop.task {
      for message in open { message.withdraw() }
      for message in open { await message.wait(until: .final) }
    }
    try? await closing.value(by: .after(settings.closingTimeout))
    for message in open { message.enter(.withdrawn, at: Set(message.deliveries.map(\.sessionID))) }
    reporter.flush()
    await journal.flush()
  }

  private func content(of request: SendRequest, from sender: SenderName) -> PopupContent {
    PopupContent(
      title: sender.title(request.options.title), body: request.body, timeout: request.timeout,
      urgency: request.urgency, icon: request.icon, replies: request.options.replies, sender: sender.text,
      time: wallClock.time())
  }

  private func deliver(_ message: Message, to sessions: [LoginSession]) {
    line.enter(for: message.id) { place in
      MainLoop.task {
        await self.delivery.deliver(message, to: sessions) { place.leave() }
        place.leave()
        self.quota.close(by: message.sender, at: sessions[0].user.uid)
      }
    }
  }

  private func changed(_ message: Message, _ delivery: Delivery) {
    if delivery.state.isFinal { journal.ended(delivery, of: message) }
    reporter.tell(message, delivery)
    store.noteChange(of: message)
    onChange?()
    MallocTrimmer.trimWhenQuiet()
  }

  private func sessionEnded(_ session: LoginSession) {
    for message in store.all { message.sessionEnded(session.id) }
  }

  /// Whether a user gets no messages of this caller's. One's own come through: who sends them wants to see them.
  private func isMuted(_ user: User, for caller: Caller) -> Bool { mutes.contains(user) && user.uid != caller.uid }

  /// Whether a message is shown also to those who take none; asked only where there are any.
  private func ignoresMutes(_ caller: Caller) async -> Bool {
    if mutes.concerns(caller.uid) { await authorizer.overridesMute(caller) } else { true }
  }
}
