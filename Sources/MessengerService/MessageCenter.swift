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
  private let journal: MessageJournal
  private let authorizer = Authorizer()
  private let buses = SessionBusPool()
  private var messages: [UInt64: Message] = [:]
  private var retention: [UInt64: Timer] = [:]
  private var nextID: UInt64

  init(directory: SessionDirectory, wallClock: WallClock, settings: Settings, journal: MessageJournal) {
    self.directory = directory
    self.wallClock = wallClock
    self.settings = settings
    self.journal = journal
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
    journal.accepted(message, to: request.recipients)
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

  /// Withdraws everything, and returns when every delivery is final or the time for it is over.
  func end() async {
    let open = messages.values.filter { !$0.isFinal }
    let closing = MainLoop.task {
      for message in open { message.withdraw() }
      for message in open { await message.wait(until: \.isFinal) }
    }
    try? await closing.value(by: .after(settings.farewell))
    for message in open { message.enter(.withdrawn, at: Set(message.deliveries.map(\.sessionID))) }
    await journal.flush()
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
    return message
  }

  private func changed(_ message: Message, _ delivery: Delivery) {
    if delivery.state.isFinal { journal.ended(delivery, of: message) }
    onChange?(message, delivery)
    guard message.isFinal, retention[message.id] == nil else { return }
    retention[message.id] = Timer(at: .after(settings.retention)) { [weak self] in self?.forget(message.id) }
  }

  private func forget(_ id: UInt64) {
    messages[id] = nil
    retention[id] = nil
    onForget?()
  }

  /// One popup on one user's desktop, for all of the user's sessions.
  private func deliver(_ message: Message, to user: User, sessions: Set<String>) async {
    let deadline = Deadline.after(settings.deliveryPatience)
    do {
      try await buses.withBus(of: user, deadline: deadline) { bus in
        let popup = try await bus.show(message.content, settling: settings.settling, deadline: deadline)
        message.add(popup, for: sessions)
        try await MainLoop.sleep(until: popup.appeared + settings.settling)
        if popup.outcome == nil { message.enter(.shown, at: sessions) }
        let end = await popup.end()
        message.enter(end.state, at: sessions, reply: end.reply, error: end.reason.map { MessengerError(.failed, $0) })
      }
    } catch {
      message.enter(.failed, at: sessions, error: error as? MessengerError ?? MessengerError(.failed, "\(error)"))
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
