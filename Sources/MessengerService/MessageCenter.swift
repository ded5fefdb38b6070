internal import GBus
internal import Logging
internal import MessengerContract

/// Sends messages. Its callers are identified and their arguments translated already.
@MainLoop
final class MessageCenter {
  /// Called when a delivery has changed or a message was forgotten, because there may be nothing left to do.
  var onChange: (@MainLoop () -> Void)?

  /// Whether the service is about to end. It then accepts no messages, because their popups would end with it.
  var isLeaving = false
  /// When a delivery last ended of a message that a program has sent on somebody's behalf; `nil` if none has.
  private(set) var lastEndOnBehalf: Deadline?

  let addresses: AddressBook
  let authorizer: Authorizer
  private let mutes: MuteList
  let delivery: PopupDelivery
  private let terminals: TerminalDelivery
  let journal: MessageJournal
  private let reporter: ChangeReporter
  let wallClock: WallClock
  let settings: Settings
  let store: MessageStore
  let deferrals: Deferrals
  let held: HeldMessages
  /// The users for whom something is held.
  let arrivals = Arrivals()
  /// Looks for users who don't exist any more, and those whom the user database did not know the last time.
  var tidying: Timer?
  var unknownUsers: Set<String> = []
  /// Reads the messages that were put off, once the service has its name.
  var restoration: SharedTask<Void>?
  private let line = DeliveryScheduler()
  var quota: Quota

  init(
    addresses: AddressBook, authorizer: Authorizer, mutes: MuteList, ledger: PopupLedger, journal: MessageJournal,
    deferrals: Deferrals, held: HeldMessages, reporter: ChangeReporter, wallClock: WallClock, settings: Settings
  ) {
    self.deferrals = deferrals
    self.held = held
    self.addresses = addresses
    self.authorizer = authorizer
    self.mutes = mutes
    self.journal = journal
    self.reporter = reporter
    self.wallClock = wallClock
    self.settings = settings
    delivery = PopupDelivery(
      directory: addresses.directory, programs: addresses.programs, ledger: ledger,
      translations: Translations(folder: settings.localeFolder), deferrals: deferrals, settings: settings,
      disturbs: authorizer.disturbs)
    terminals = TerminalDelivery(helper: addresses.programs.helper, timeout: settings.deliveryTimeout)
    store = MessageStore(firstID: wallClock.milliseconds(), settings: settings)
    quota = Quota(settings.limits)
    deferrals.onReturn = { [weak self] message, sessions in await self?.comeBack(message, at: sessions) ?? true }
    store.onForget = { [weak self] in self?.onChange?() }
    addresses.directory.onEnd = { [weak self] in self?.sessionEnded($0) }
    addresses.directory.onUnlock = { [store] session in
      for message in store.all { message.sessionUnlocked(session.id) }
    }
    addresses.directory.onChange = { [weak self] in self?.sessionChanged($0) }
    arrivals.onTry = { [weak self] in await self?.deliverHeld(to: $0) ?? .done }
    held.onExpired = { [weak self] ids in MainLoop.task { await self?.expire(ids) } }
  }

  /// Whether no message is remembered or kept.
  var isEmpty: Bool { store.isEmpty && !keepsMessages }

  /// Whether a message was put off or is held, so that somebody has to run to show it.
  var keepsMessages: Bool { !deferrals.isEmpty || !held.isEmpty }

  /// Whether every message is final, put off or held.
  var isQuiet: Bool { store.all.allSatisfy(\.isAtRest) && !delivery.desktops.isExpecting }

  /// Counts a call, and refuses it before any work is done if there are too many.
  ///
  /// - Throws: `LimitExceeded`.
  func admit(_ caller: Caller) throws { try quota.call(by: caller, at: .now) }

  /// Counts an answer, whatever it contains.
  ///
  /// - Throws: `LimitExceeded` if the answer is too much.
  func admit(answerTo caller: Caller, of count: Int) throws { try quota.answer(to: caller, of: count, at: .now) }

  /// Sends a message. Returns when every delivery is settled or, if the request says so, final: see
  /// ``Message/Milestone``.
  ///
  /// - Throws: `LimitExceeded`; `NotAuthorized`; `NoSuchRecipient` or `NoSession` if no recipient can be reached;
  ///   `Unavailable` if logind can't be asked; `Failed` if the service is about to end.
  func send(_ request: SendRequest, by caller: Caller) async throws -> Message {
    let until = try request.options.endOfPuttingOff(from: wallClock.seconds)
    try quota.beginSending(by: caller, at: .now)
    defer { quota.endSending(by: caller) }
    _ = try? await restoration?.value
    try await addresses.directory.becomeCurrent()
    let message =
      if let seconds = request.options.hold {
        try await hold(request, for: seconds, by: caller, endOfPuttingOff: until)
      } else { try await begin(request, by: caller, endOfPuttingOff: until) }
    if request.options.wait {
      await message.wait(until: .final)
    } else {
      // No desktop keeps it unsettled for longer, but a user for whom it is held may come and go.
      let settling = MainLoop.task { await message.wait(until: .settled) }
      try? await settling.value(by: request.options.hold == nil ? .never : .after(settings.deliveryTimeout))
    }
    await journal.identified(senderOf: message)
    // Sent before the answer, which contains the same states: nothing is awaited between the two.
    reporter.flush(message)
    return message
  }

  /// Begins to deliver a message to those who are there.
  private func begin(
    _ request: SendRequest, by caller: Caller, endOfPuttingOff until: UInt64
  ) async throws -> Message {
    let senderName = try await addresses.name(of: caller)
    let (reach, audience) = try await authorize(caller, named: senderName, toSend: request)
    if request.options.window == .fallback { try await authorizer.authorizeFallback(caller, named: senderName) }
    let ignoresMutes = await ignoresMutes(caller)
    let resolution = try await addresses.resolve(reach, within: audience)
    if let objection = resolution.objection { throw objection }
    // Checked only now, because the service may have begun to end during the waits above.
    guard !isLeaving else {
      throw MessengerError(.failed, "msgd is about to end, and the popup would end with it: send it again")
    }

    let content = content(of: request, from: caller, named: senderName, until: until)
    let admission = try admit(
      resolution.targets, of: caller, onBehalfOf: content.origin, ignoringMutes: ignoresMutes)
    let message = store.add(content, from: caller, to: resolution) { [weak self] in self?.changed($0, $1) }
    journal.accepted(message, to: request.recipients, onBehalfOf: request.options.origin)
    deliver(message, admission)
    return message
  }

  /// Returns a message, if the caller may see it.
  ///
  /// - Throws: `NoSuchMessage`.
  func message(_ id: UInt64, for caller: Caller) async throws -> Message {
    _ = try? await restoration?.value
    let kept = held.entries(of: id).first
    let sender = store[id]?.sender ?? kept.map { Caller(busName: "", uid: $0.sender, pid: nil) }
    try await authorizer.authorize(caller, toManage: id, of: sender)
    guard let message = await heldMessage(id) else { throw MessengerError.noSuchMessage(id) }
    if message.sender.uid != sender?.uid {  // the sender's uid has become somebody else's
      try await authorizer.authorize(caller, toManage: id, of: message.sender)
    }
    // Its sender would otherwise hear of a state after an answer that is newer.
    reporter.flush(message)
    return message
  }

  /// Returns the current sessions that the caller may see.
  ///
  /// - Throws: `Unavailable` if logind can't be asked.
  func sessions(for caller: Caller) async throws -> [LoginSession] {
    let isKnown = await addresses.knownName(of: caller) != nil
    let all = isKnown ? await authorizer.mayListAllSessions(caller) : false
    try await addresses.directory.refresh(of: all ? nil : caller.uid)
    return await addresses.withDisplays(all ? addresses.directory.sessions() : addresses.ownSessions(of: caller))
  }

  /// The real names of the sessions' users, by uid. Users whose names are unknown are left out.
  func realNames(in sessions: [LoginSession]) async -> [UInt32: String] {
    await addresses.users.realNames(of: Set(sessions.map(\.user.uid)))
  }

  /// Closes the popups that a msgd left on desktops when it was killed.
  ///
  /// - Parameter logger: receives a line for each of these popups.
  func clearUp(logger: Logger) async {
    await CrashCleanup(
      ledger: delivery.ledger, desktops: delivery.desktops, timeout: settings.deliveryTimeout, logger: logger
    ).clear()
  }

  /// Withdraws every message where it isn't put off or held. Returns when all these deliveries are final, or after the
  /// time allowed for it, and what was put off or is held is on the disk.
  func end() async {
    deferrals.stop()
    held.stop()
    arrivals.stop()
    let open = store.all.filter { !$0.isAtRest }
    let closing = MainLoop.task {
      for message in open { message.closePopups() }
      for message in open { await message.wait(until: .atRest) }
    }
    // What a user puts off just now is promised to return, so the disk gets its time.
    let timeout =
      deferrals.isSaving || held.isSaving
      ? max(settings.closingTimeout, settings.systemTimeout) : settings.closingTimeout
    try? await closing.value(by: .after(timeout))
    for message in open {
      message.enter(.withdrawn, at: Set(message.deliveries.map(\.sessionID)).subtracting(message.deferredSessions))
    }
    for message in store.all { message.letGo() }
    await deferrals.flush()
    await held.flush()
    reporter.flush()
    await journal.flush()
  }

  func deliver(_ message: Message, _ admission: Admission) {
    for (uid, group) in Dictionary(grouping: admission.targets, by: \.user.uid) {
      let sessions = Set(group.map(\.id))
      if admission.muted.contains(uid) {
        message.enter(.muted, at: sessions)
      } else if let crowd = admission.crowds[uid] {
        message.enter(.failed, at: sessions, reason: .error(quota.error(of: crowd, at: group[0].user.name)))
      } else {
        deliver(message, to: group)
      }
    }
  }

  func deliver(_ message: Message, to sessions: [LoginSession]) {
    line.enter(for: message.id) { place in
      MainLoop.task {
        if sessions[0].terminal == nil {
          await self.delivery.deliver(message, to: sessions) { place.leave() }
        } else {
          await self.terminals.deliver(message, to: sessions)
        }
        place.leave()
        self.quota.close(by: message.sender, onBehalfOf: message.origin, at: sessions[0].user.uid)
      }
    }
  }

  func changed(_ message: Message, _ delivery: Delivery) {
    deferrals.noteChange(of: message, delivery)
    noteHeld(message, delivery)
    if delivery.state.isFinal {
      if message.origin != nil { lastEndOnBehalf = .now }
      journal.ended(delivery, of: message)
    }
    reporter.tell(message, delivery)
    store.noteChange(of: message)
    onChange?()
    MallocTrimmer.trimWhenQuiet()
  }

  private func sessionEnded(_ session: LoginSession) {
    for message in store.all { message.sessionEnded(session.id) }
    sessionChanged(session)
  }

  /// Whether a user has muted this caller's messages. Messages to oneself always come through, because their sender
  /// wants to see them.
  func isMuted(_ user: User, for caller: Caller) -> Bool { mutes.contains(user) && user.uid != caller.uid }

  /// Whether a caller's message is shown even to users who have muted messages. Polkit is asked only if there are such
  /// users.
  func ignoresMutes(_ caller: Caller) async -> Bool {
    if mutes.concerns(caller.uid) { await authorizer.overridesMute(caller) } else { true }
  }
}
