internal import GBus
internal import Logging
internal import MessengerContract

/// Sends messages and remembers them. Callers have been identified, and their words translated, before they get here.
@MainLoop
final class MessageCenter {
  /// Called when a message was forgotten.
  var onForget: (@MainLoop () -> Void)?
  /// Called with each delivery that changed, for its sender.
  var onChange: (@MainLoop (Message, Delivery) -> Void)?

  private let addresses: AddressBook
  private let authorizer: Authorizer
  private let mutes: MuteList
  private let wallClock: WallClock
  private let settings: Settings
  private let logger: Logger
  private let buses = SessionBusPool()
  private var quota: Quota
  private let ledger: PopupLedger
  private var messages: [UInt64: Message] = [:]
  private var retention: [UInt64: Timer] = [:]
  private var ended: EndedMessages
  private var nextID: UInt64

  init(
    directory: SessionDirectory, authorizer: Authorizer, mutes: MuteList, ledger: PopupLedger, wallClock: WallClock,
    settings: Settings, logger: Logger
  ) {
    self.authorizer = authorizer
    self.mutes = mutes
    self.ledger = ledger
    self.wallClock = wallClock
    self.settings = settings
    self.logger = logger
    addresses = AddressBook(directory: directory, users: UserDatabase(patience: settings.systemPatience))
    ended = EndedMessages(most: settings.mostRemembered)
    quota = Quota(settings.limits)
    // Ids from before a restart are not given again.
    nextID = wallClock.milliseconds()
    directory.onEnd = { [weak self] in self?.sessionEnded($0) }
  }

  /// Whether there is no message to remember.
  var isEmpty: Bool { messages.isEmpty }

  /// Counts a call. What comes too often is refused here, before it makes any work.
  ///
  /// - Throws: `LimitExceeded`.
  func admit(_ caller: Caller) throws { try quota.call(by: caller, at: .now) }

  /// Sends a message, and returns when every popup is shown or, where the request says so, decided.
  ///
  /// - Throws: `LimitExceeded`; `NotAuthorized`; where no recipient can be reached `NoSuchRecipient` or `NoSession`.
  func send(_ request: SendRequest, by caller: Caller) async throws -> Message {
    try quota.beginSending(by: caller, at: .now)
    defer { quota.endSending(by: caller) }
    let senderName = await addresses.name(of: caller)
    let reach = await addresses.reach(of: request.recipients, by: caller, named: senderName)
    try await authorizer.authorize(caller, named: senderName, toMessage: reach)
    let ignoresMutes = await ignoresMutes(caller)
    let resolution = await addresses.resolve(reach)
    if resolution.targets.isEmpty, let first = resolution.failures.first { throw first.error }

    let content = PopupContent(
      title: request.title ?? "Message from \(senderName) \(wallClock.time())", body: request.body,
      timeout: request.timeout, urgency: request.urgency, icon: request.icon, replies: request.replies)
    let targets = Dictionary(grouping: resolution.targets, by: \.user.uid)
    let muted = ignoresMutes ? [] : Set(targets.keys.filter { isMuted($0, for: caller) })
    let crowded = try quota.open(by: caller, at: Set(targets.keys).subtracting(muted), at: .now)
    let message = register(content, from: caller, to: resolution)
    for (uid, group) in targets {
      let sessions = Set(group.map(\.id))
      switch uid {
      case _ where muted.contains(uid): message.enter(.muted, at: sessions)
      case _ where crowded.contains(uid):
        message.enter(.failed, at: sessions, error: quota.crowd(at: group[0].user.name))
      default: MainLoop.task { await self.deliver(message, to: group[0].user, sessions: sessions) }
      }
    }
    await message.wait { request.wait ? $0.isFinal : $0 != .pending }
    return message
  }

  /// A message that the caller may see.
  ///
  /// - Throws: `NoSuchMessage`.
  func message(_ id: UInt64, for caller: Caller) async throws -> Message {
    try await authorizer.authorize(caller, toManage: id, of: messages[id]?.sender)
    guard let message = messages[id] else { throw MessengerError.noSuchMessage(id) }
    return message
  }

  /// The sessions that the caller may see.
  func sessions(for caller: Caller) async -> [Session] {
    let all = await authorizer.isShownAllSessions(caller)
    return await all ? addresses.directory.sessions() : addresses.ownSessions(of: caller)
  }

  /// The real names of the sessions' users, by uid; without those that are not known.
  func realNames(in sessions: [Session]) async -> [UInt32: String] {
    await addresses.users.realNames(of: Set(sessions.map(\.user.uid)))
  }

  /// Takes away what a msgd that was killed left on desktops.
  func clearUp() async {
    let patience = settings.deliveryPatience
    await Aftermath(ledger: ledger, buses: buses, patience: patience, logger: logger).clear()
  }

  /// Withdraws everything, and returns when every delivery is final or the time for it is over.
  func end() async {
    let open = messages.values.filter { !$0.isFinal }
    let closing = MainLoop.task {
      for message in open { message.withdraw() }
      for message in open { await message.wait(until: \.isFinal) }
    }
    try? await closing.value(by: .after(settings.farewell))
    for message in open { message.enter(.withdrawn, at: Set(message.deliveries.map(\.sessionID))) }
  }

  private func register(
    _ content: PopupContent, from caller: Caller, to resolution: RecipientResolver.Resolution
  ) -> Message {
    let deliveries =
      resolution.targets.map { Delivery(to: $0, timeout: content.timeout) }
      + resolution.failures.map(Delivery.init(failed:))
    let message = Message(id: nextID, sender: caller, content: content, deliveries: deliveries)
    nextID += 1
    messages[message.id] = message
    message.onChange = { [weak self, weak message] delivery in
      if let self, let message { self.changed(message, delivery) }
    }
    logger.info("message \(message.id) from uid \(caller.uid) to \(resolution.targets.count) sessions")
    return message
  }

  private func changed(_ message: Message, _ delivery: Delivery) {
    let reason = delivery.error.map { ": \($0.message)" } ?? ""
    logger.info(
      "message \(message.id) to \(delivery.userName), session \(delivery.sessionID): \(delivery.state.rawValue)\(reason)"
    )
    onChange?(message, delivery)
    guard message.isFinal, retention[message.id] == nil else { return }
    retention[message.id] = Timer(at: .after(settings.retention)) { [weak self] in self?.forget(message.id) }
    if let oldest = ended.add(message.id, of: message.sender.uid) { forget(oldest) }
  }

  private func forget(_ id: UInt64) {
    guard let message = messages.removeValue(forKey: id) else { return }
    retention.removeValue(forKey: id)?.cancel()
    ended.remove(id, of: message.sender.uid)
    onForget?()
  }

  /// One popup on one user's desktop, for all of the user's sessions.
  private func deliver(_ message: Message, to user: User, sessions: Set<String>) async {
    defer { quota.close(by: message.sender, at: user.uid) }
    let deadline = Deadline.after(settings.deliveryPatience)
    let content = message.content
    do {
      try await buses.withBus(of: user, deadline: deadline) { bus in
        let popup = try await bus.show(content, settling: settings.settling, deadline: deadline)
        message.add(popup, for: sessions)
        let note = await bus.standing(popup, of: message.id, for: user, deadline: deadline).map(ledger.enter)
        defer { note.map(ledger.strike) }
        try await MainLoop.sleep(until: popup.appeared + settings.settling)
        if popup.outcome == nil { message.enter(.shown, at: sessions) }
        let end = await popup.end()
        if end.state == .failed { await noteClosing(sessions, of: message) }
        message.enter(end.state, at: sessions, reply: end.reply, error: end.reason.map { MessengerError(.failed, $0) })
      }
    } catch {
      message.enter(.failed, at: sessions, error: error as? MessengerError ?? MessengerError(.failed, "\(error)"))
    }
  }

  /// A notification server may have left because its session is ending, which logind tells to who asks.
  private func noteClosing(_ sessions: Set<String>, of message: Message) async {
    await addresses.directory.refreshStates(
      of: await addresses.directory.sessions().filter { sessions.contains($0.id) })
    for session in await addresses.directory.sessions()
    where sessions.contains(session.id) && session.state == "closing" {
      message.sessionEnded(session.id)
    }
  }

  private func sessionEnded(_ session: Session) {
    for message in messages.values { message.sessionEnded(session.id) }
  }

  /// Whether a user gets no messages of this caller's. One's own come through: who sends them wants to see them.
  private func isMuted(_ uid: UInt32, for caller: Caller) -> Bool { mutes.contains(uid) && uid != caller.uid }

  /// Whether a message is shown also to those who take none; asked only where there are any.
  private func ignoresMutes(_ caller: Caller) async -> Bool {
    if mutes.concerns(caller.uid) { await authorizer.overridesMute(caller) } else { true }
  }
}
