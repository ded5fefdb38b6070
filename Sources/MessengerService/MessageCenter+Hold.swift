internal import GBus
internal import MessengerContract

/// Messages that are held until their users are at a desktop that shows them.
extension MessageCenter {
  /// Keeps a message for users who need not be there, and begins to deliver it to those who are.
  ///
  /// - Parameters:
  ///   - request: the message.
  ///   - seconds: how long it is held.
  ///   - caller: the sender.
  ///   - end: the end of putting off, in seconds since 1970.
  /// - Returns: the message. It is on the disk for all who aren't there.
  /// - Throws: what ``send(_:by:)`` throws; `Failed` if it can't be kept.
  func hold(
    _ request: SendRequest, for seconds: UInt32, by caller: Caller, endOfPuttingOff end: UInt64
  ) async throws -> Message {
    guard seconds <= settings.longestHold else {
      throw MessengerError(
        .invalidArgument,
        "the option hold is at most \(settings.longestHold) seconds (LongestHold=), not \(seconds)")
    }
    let senderName = try await addresses.name(of: caller)
    let scope = scope(of: request, by: caller, named: senderName)
    if let origin = request.options.origin {
      _ = try await authorizer.authorize(caller, named: senderName, onBehalfOf: origin, toMessage: scope) {
        scope.audience ?? scope.anybody
      }
    } else {
      try await authorizer.authorize(caller, named: senderName, toHold: scope)
    }
    if request.options.window == .fallback { try await authorizer.authorizeFallback(caller, named: senderName) }
    let recipients = try await heldRecipients(request.recipients)
    if let objection = recipients.objection { throw objection }
    guard !isLeaving else { throw MessengerError(.failed, "msgd is about to end: send it again") }

    try held.admit(caller, to: recipients.found.map(\.name))
    let content = content(of: request, from: caller, named: senderName, until: end)
    let until = (wallClock.milliseconds() + 999) / 1000 + UInt64(seconds)
    let message = store.add(content, from: caller, to: recipients, until: until) { [weak self] in self?.changed($0, $1)
    }
    do { try await held.keep(message) } catch {
      store.forget(message.id)
      throw error
    }
    journal.accepted(message, to: request.recipients, onBehalfOf: request.options.origin)
    watchUsers()
    let present = Set(await addresses.directory.sessions().map(\.user.uid)).filter(message.awaits)
    let tries = MainLoop.task { await MainLoop.concurrently(Array(present)) { await self.arrivals.come($0) } }
    // A recipient's desktop keeps no sender waiting.
    _ = try? await tries.value(by: .after(settings.deliveryTimeout))
    return message
  }

  /// Returns how far the recipients' words go. None means a session, so a sender's own sessions make no difference.
  private func scope(of request: SendRequest, by caller: Caller, named name: String) -> AuthorizationScope {
    caller.isRoot || request.options.origin != nil
      ? AuthorizationScope(ofRoot: request.recipients)
      : AuthorizationScope(of: request.recipients, by: caller, named: name, ownSessions: [])
  }

  private func heldRecipients(_ words: [String]) async throws -> HeldRecipients {
    let names = words.compactMap(HeldRecipients.userName)
    let groups = RecipientResolver.groupNames(in: words)
    return HeldRecipients(
      words, uids: names.isEmpty ? [:] : try await addresses.users.uids(of: names),
      groups: groups.isEmpty ? [] : try await addresses.users.groups(among: groups))
  }

  /// Returns the messages that are held: a caller's own, and everybody's if the caller may see these.
  func heldMessages(for caller: Caller) async -> [HeldMessage] {
    _ = try? await restoration?.value
    let all = await authorizer.isShownAllHeld(caller)
    let entries = held.all.filter { all || $0.sender == caller.uid }
    let names = await addresses.names(of: Set(entries.map(\.sender)))
    return entries.map {
      HeldMessage(
        id: $0.id, sender: names[$0.sender] ?? "", senderUID: $0.sender, recipient: $0.recipient, until: $0.until)
    }
  }

  /// Finds what an earlier msgd has held.
  func restoreHeld() async {
    await held.read { [weak self] in self?.heldWereRead() }
    heldWereRead()
  }

  private func heldWereRead() {
    if let last = held.lastID { store.reserve(last) }
    // Later than the service began to deliver, if the disk was slow.
    if held.isRunning { MainLoop.task { await self.runHeld() } }
  }

  /// Delivers what is held to those who are there, and from now on to those who come, until its time is over.
  func runHeld() async {
    held.run()
    guard !held.isEmpty else { return }
    watchUsers()
    for uid in Set(await addresses.directory.sessions().map(\.user.uid)) {
      MainLoop.task { await self.arrivals.come(uid) }
    }
  }

  /// Looks every hour for users who don't exist any more, and ends what is held for them. A user has to be unknown
  /// twice in a row, because a directory server that can't be reached may know nobody.
  private func watchUsers() {
    guard tidying == nil, !held.isEmpty else { return }
    tidying = Timer(at: .after(Self.tidyDelay)) { [weak self] in
      MainLoop.task {
        await self?.tidyHeld()
        self?.tidying = nil
        self?.watchUsers()
      }
    }
  }

  private func tidyHeld() async {
    let unknown = await addresses.users.unknown(of: held.recipients(forMany: false))
    let gone = unknown.intersection(unknownUsers)
    unknownUsers = unknown
    for entry in held.all where gone.contains(entry.recipient) {
      guard let message = await heldMessage(entry.id),
        let uid = message.deliveries.first(where: { $0.userName == entry.recipient })?.uid
      else { continue }
      message.endHold(of: uid, because: .userGone)
    }
  }

  private static let tidyDelay: Duration = .seconds(3600)

  /// Notes that a user has logged in, or that something about a session has changed.
  func sessionChanged(_ session: LoginSession) {
    guard !held.isEmpty else { return }
    arrivals.mayHaveCome(session.user.uid)
  }

  /// Notes that a delivery has changed.
  func noteHeld(_ message: Message, _ delivery: Delivery) {
    held.noteChange(of: message, delivery)
    // What could not be shown is tried again.
    if delivery.state == .held, delivery.uid != Messenger.noUID { arrivals.comeLater(delivery.uid) }
  }

  /// Ends messages whose time is over.
  func expire(_ ids: [UInt64]) async {
    for id in ids {
      if let message = await heldMessage(id) { message.endHold(with: .expired) } else { onChange?() }
    }
  }

  /// Returns a message that is in memory, or held.
  func heldMessage(_ id: UInt64) async -> Message? {
    if let message = store[id], !held.isUnread(id) { return message }
    let files = await held.load(id)
    guard !files.isEmpty else { return store[id] }
    let known = await sendersWhoAreTheSame(in: files)
    // Another call may have read it during the waits above. Others of its recipients may have put it off.
    guard held.isUnread(id) else { return store[id] }
    let message =
      store[id] ?? files[0].message(at: wallClock.milliseconds(), isKnown: known.contains(files[0].sender))
    if store[id] == nil { store.add(message) { [weak self] in self?.changed($0, $1) } }
    let (deliveries, until, served) = KeptMessage.deliveries(held: files)
    message.take(deliveries, until: until, served: served)
    held.take(message)
    return message
  }

  /// Delivers to a user what is held for them, if they are at a desktop that shows it.
  ///
  /// - Returns: whether to try again without an event that tells when.
  func deliverHeld(to uid: UInt32) async -> Arrivals.Outcome {
    guard !isLeaving, !held.isEmpty, uid != 0, (try? await addresses.directory.becomeCurrent()) != nil else {
      return .done
    }
    let known = await addresses.directory.sessions().filter { $0.user.uid == uid }
    guard let user = known.first?.user else {
      for message in store.all { message.wait(for: uid, because: nil) }
      return .gone
    }
    let words = await words(for: user)
    let ids = held.ids(for: words)
    guard !ids.isEmpty else { return .done }
    await addresses.directory.refreshDoubtfulStates(of: known)
    let sessions = await addresses.withDisplays(await addresses.directory.sessions().filter { $0.user.uid == uid })
    let desktops = sessions.filter { $0.isGraphical && $0.isActive && $0.state != .opening }
    guard let session = desktops.last(where: { !$0.isLocked }) else {
      for id in ids { store[id]?.wait(for: uid, because: desktops.isEmpty ? nil : .locked) }
      // A desktop may begin on a terminal, and a session that opens becomes one, without an event.
      return sessions.contains { $0.isOnTerminal && desktops.isEmpty || $0.state == .opening } ? .again : .done
    }
    let now = wallClock.milliseconds()
    let age: Duration = .milliseconds(now > session.created / 1000 ? now - session.created / 1000 : 0)
    guard await delivery.isReady(session, age: age) else {
      for id in ids { store[id]?.wait(for: uid, because: nil) }
      return .again
    }
    var isCrowded = false
    for id in ids where await !begin(id, to: words, at: session) { isCrowded = true }
    return isCrowded ? .again : .done
  }

  /// Begins to deliver a message to a user who is there.
  ///
  /// - Parameters:
  ///   - id: the message's id.
  ///   - words: the recipients that mean the user.
  ///   - session: the user's session.
  /// - Returns: false if the user has too many open popups for it now.
  private func begin(_ id: UInt64, to words: Set<String>, at session: LoginSession) async -> Bool {
    guard let message = await heldMessage(id) else { return true }
    let ignoresMutes = await ignoresMutes(message.sender)
    let isOneOfMany = held.entries(of: id).contains { $0.isForMany && words.contains($0.recipient) }
    let uid = session.user.uid
    guard !isLeaving, message.mayCome(uid, isOneOfMany: isOneOfMany) else { return true }
    guard ignoresMutes || !isMuted(session.user, for: message.sender) else {
      message.come(session)
      message.enter(.muted, at: [session.id])
      return true
    }
    let crowds = try? quota.open(by: message.sender, onBehalfOf: message.origin, at: [uid], at: .now)
    guard crowds?.isEmpty == true else {
      message.wait(for: uid, because: .crowded)
      return false
    }
    message.come(session)
    deliver(message, to: [session])
    return true
  }

  /// Returns the recipients that mean a user: the name, and the words for many.
  private func words(for user: User) async -> Set<String> {
    let words = held.recipients(forMany: true)
    let groups = await addresses.groups(in: Array(words), among: [user])
    return words.filter { HeldRecipients.means($0, user, groups: groups) }.union([user.name])
  }
}
