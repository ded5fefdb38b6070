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

  private let directory: SessionDirectory
  private let users: UserDatabase
  private let wallClock: WallClock
  private let settings: Settings
  private let logger: Logger
  private let authorizer = Authorizer()
  private let buses = SessionBusPool()
  private let ledger: PopupLedger
  private var messages: [UInt64: Message] = [:]
  private var retention: [UInt64: Timer] = [:]
  private var ended: EndedMessages
  private var nextID: UInt64

  init(
    directory: SessionDirectory, ledger: PopupLedger, wallClock: WallClock, settings: Settings, logger: Logger
  ) {
    self.directory = directory
    self.ledger = ledger
    self.wallClock = wallClock
    self.settings = settings
    self.logger = logger
    ended = EndedMessages(most: settings.mostRemembered)
    users = UserDatabase(patience: settings.systemPatience)
    // Ids from before a restart are not given again.
    nextID = wallClock.milliseconds()
    directory.onEnd = { [weak self] in self?.sessionEnded($0) }
  }

  /// Whether there is no message to remember.
  var isEmpty: Bool { messages.isEmpty }

  /// Sends a message, and returns when every popup is shown or, where the request says so, decided.
  ///
  /// - Throws: `NotAuthorized`; where no recipient can be reached `NoSuchRecipient` or `NoSession`.
  func send(_ request: SendRequest, by caller: Caller) async throws -> Message {
    let senderName = await name(of: caller)
    try authorizer.authorize(caller, named: senderName, toWrite: request.recipients)
    let groups = await groups(in: request.recipients, for: caller)
    await directory.refreshStates(of: await resolve(request.recipients, groups, for: caller).targets)
    // Last, so that no session ends unnoticed while others are asked.
    let resolution = await resolve(request.recipients, groups, for: caller)
    try authorizer.authorize(caller, named: senderName, toMessage: resolution)
    if resolution.targets.isEmpty, let first = resolution.failures.first { throw first.error }

    let content = PopupContent(
      title: request.title ?? "Message from \(senderName) \(wallClock.time())", body: request.body,
      timeout: request.timeout, urgency: request.urgency, icon: request.icon, replies: request.replies)
    let message = register(content, from: caller, to: resolution)
    for (_, group) in Dictionary(grouping: resolution.targets, by: \.user.uid) {
      MainLoop.task { await self.deliver(message, to: group[0].user, sessions: Set(group.map(\.id))) }
    }
    await message.wait { request.wait ? $0.isFinal : $0 != .pending }
    return message
  }

  /// A message that the caller may see.
  ///
  /// - Throws: `NoSuchMessage`.
  func message(_ id: UInt64, for caller: Caller) throws -> Message {
    guard let message = messages[id] else { throw MessengerError.noSuchMessage(id) }
    try authorizer.authorize(caller, toManage: message)
    return message
  }

  /// The sessions that the caller may see.
  func sessions(for caller: Caller) async -> [Session] {
    authorizer.visible(await directory.sessions(), to: caller)
  }

  /// The real names of the sessions' users, by uid; without those that are not known.
  func realNames(in sessions: [Session]) async -> [UInt32: String] {
    await users.realNames(of: Set(sessions.map(\.user.uid)))
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
    await directory.refreshStates(of: await directory.sessions().filter { sessions.contains($0.id) })
    for session in await directory.sessions() where sessions.contains(session.id) && session.state == "closing" {
      message.sessionEnded(session.id)
    }
  }

  private func resolve(
    _ recipients: [String], _ groups: [String: Set<String>], for caller: Caller
  ) async -> RecipientResolver.Resolution {
    RecipientResolver(sessions: await sessions(for: caller), groups: groups).resolve(recipients)
  }

  private func sessionEnded(_ session: Session) {
    for message in messages.values { message.sessionEnded(session.id) }
  }

  private func name(of caller: Caller) async -> String {
    if caller.isRoot { return "root" }
    if let own = await directory.sessions().first(where: { $0.user.uid == caller.uid }) { return own.user.name }
    return await users.name(uid: caller.uid) ?? "uid \(caller.uid)"
  }

  private func groups(in recipients: [String], for caller: Caller) async -> [String: Set<String>] {
    var groups: [String: Set<String>] = [:]
    for group in RecipientResolver.groupNames(in: recipients) where groups[group] == nil {
      groups[group] = await users.members(ofGroup: group, among: await sessions(for: caller).map(\.user))
    }
    return groups
  }
}
