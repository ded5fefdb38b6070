internal import GBus
internal import MessengerContract

/// Brings popups to desktops, and tells their messages what becomes of them.
@MainLoop
struct PopupDelivery {
  let directory: SessionDirectory
  let buses = SessionBusPool()
  let ledger: PopupLedger
  let translations: Translations
  let settings: Settings
  private let finder: SessionBusFinder

  nonisolated init(
    directory: SessionDirectory, ledger: PopupLedger, translations: Translations, settings: Settings
  ) {
    self.directory = directory
    self.ledger = ledger
    self.translations = translations
    self.settings = settings
    finder = SessionBusFinder(buses: buses)
  }

  /// Brings a message to one user's sessions, one popup for all that share a bus, and returns when the fate of all is decided.
  func deliver(_ message: Message, to sessions: [Session]) async {
    let user = sessions[0].user
    let deadline = Deadline.after(settings.deliveryPatience)
    let deliveries = await finder.find(sessions, deadline: deadline).map { finding, ids in
      MainLoop.task { await self.deliver(message, to: user, on: finding, sessions: ids, deadline: deadline) }
    }
    for delivery in deliveries { await delivery.value }
  }

  private func deliver(
    _ message: Message, to user: User, on finding: SessionBusFinder.Finding, sessions: Set<String>, deadline: Deadline
  ) async {
    do {
      try await buses.withBus(at: finding.address, of: user, deadline: deadline) { bus in
        try await show(message, to: user, on: bus, sessions: sessions, deadline: deadline)
      }
    } catch {
      var error = error as? MessengerError ?? MessengerError(.failed, "\(error)")
      if let doubt = finding.doubt { error = MessengerError(error.code, "\(error.message); \(doubt)") }
      message.enter(.failed, at: sessions, error: error)
    }
  }

  private func show(
    _ message: Message, to user: User, on bus: SessionBus, sessions: Set<String>, deadline: Deadline
  ) async throws {
    guard !message.isFinal else { return }  // its sessions have ended meanwhile
    try await bus.askServer(deadline: deadline)
    guard let profile = bus.profile, let room = profile.room else {
      return try await raise(message, to: user, on: bus, sessions: sessions, deadline: deadline)
    }
    let content = content(of: message, for: bus.environment)
    let place = bus.queue.enter(
      for: content.abridged(for: profile, capabilities: bus.capabilities).body, in: room)
    defer { place.leave() }
    if !place.hasTurn {
      guard await turn(of: message, at: place, in: room, sessions: sessions) else { return }
      try await bus.askServer(deadline: .after(settings.deliveryPatience))
    }
    let deadline = Deadline.after(settings.deliveryPatience)
    try await raise(message, to: user, on: bus, sessions: sessions, deadline: deadline, onReplaced: place.leave)
  }

  /// Waits until few enough other popups stand, for no longer than the message's own time.
  private func turn(
    of message: Message, at place: PopupQueue.Place, in room: PopupQueue.Room, sessions: Set<String>
  ) async -> Bool {
    let one = room.popups == 1
    let limit = one ? "the desktop shows one popup at a time" : "the desktop has no room for so many popups"
    let wait = MessengerError(.failed, "\(limit), and \(one ? "another one stands" : "others stand")")
    message.enter(.pending, at: sessions, error: wait)
    message.onEnd(of: sessions) { _ in place.leave() }
    if await place.turn(by: message.content.timeout.map { .now + $0 }) { return true }
    if message.isWithdrawn {
      message.enter(.withdrawn, at: sessions)
    } else {
      message.enter(
        .suppressed, at: sessions, error: MessengerError(.failed, "\(limit), and others stood all the while"))
    }
    return false
  }

  private func raise(
    _ message: Message, to user: User, on bus: SessionBus, sessions: Set<String>, deadline: Deadline,
    onReplaced: (@MainLoop () -> Void)? = nil
  ) async throws {
    let popup = try await bus.show(
      content(of: message, for: bus.environment), settling: settings.settling, deadline: deadline)
    popup.onReplaced = onReplaced
    message.onEnd(of: sessions) { popup.handle($0) }
    let note = bus.standing(popup, of: message.id, for: user).map(ledger.enter)
    defer { note.map(ledger.strike) }
    try await MainLoop.sleep(until: popup.appeared + settings.settling)
    let hidden = bus.profile?.hidesWhileLocked == true ? await locked(among: sessions) : []
    if popup.outcome == nil {
      message.isHidden(at: hidden)
      message.enter(.shown, at: sessions.subtracting(hidden))
    }
    let end = await popup.end()
    if end.state == .failed { await noteClosing(sessions, of: message) }
    if end.state == .expired { return message.expire(at: sessions) }
    message.enter(end.state, at: sessions, reply: end.reply, error: end.reason.map { MessengerError(.failed, $0) })
  }

  /// The sessions whose screens are locked.
  private func locked(among ids: Set<String>) async -> Set<String> {
    Set(await directory.sessions().filter { $0.isLocked }.map(\.id)).intersection(ids)
  }

  /// What a message says on a desktop. With reply buttons there is no other: a window would take the popup away with them.
  private func content(of message: Message, for environment: SessionEnvironment) -> PopupContent {
    let catalog = translations.catalog(for: environment.languages)
    let plain = message.content
    var content = plain.translated(by: catalog)
    let viewers = TextViewer.installed(in: settings.programFolders, for: environment)
    if plain.replies.isEmpty, !viewers.isEmpty, WholeText.isNeeded(for: plain.body) {
      content.whole = WholeText(
        label: catalog[.showAll], heading: plain.heading(by: catalog), closeLabel: catalog[.close],
        text: plain.title.isEmpty ? plain.body : "\(plain.title)\n\n\(plain.body)", unit: "msg-\(message.id)",
        viewers: viewers)
    }
    return content
  }

  /// A notification server may have left because its session is ending, which logind tells to who asks.
  private func noteClosing(_ ids: Set<String>, of message: Message) async {
    await directory.refreshStates(of: await directory.sessions().filter { ids.contains($0.id) })
    for session in await directory.sessions() where ids.contains(session.id) && session.state == "closing" {
      message.sessionEnded(session.id)
    }
  }
}
