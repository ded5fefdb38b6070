internal import GBus
internal import MessengerContract

/// Shows popups on desktops, and reports to their messages what happens to them.
@MainLoop
struct PopupDelivery {
  let directory: SessionDirectory
  let desktops: DesktopPool
  let ledger: PopupLedger
  let translations: Translations
  let deferrals: Deferrals
  let settings: Settings
  /// Whether a sender's messages are shown to users who don't want to be disturbed.
  let disturbs: @MainLoop (Caller) async -> Bool
  private let finder: DesktopFinder

  nonisolated init(
    directory: SessionDirectory, programs: EnvironmentReader, ledger: PopupLedger, translations: Translations,
    deferrals: Deferrals, settings: Settings, disturbs: @escaping @MainLoop (Caller) async -> Bool
  ) {
    self.directory = directory
    self.ledger = ledger
    self.translations = translations
    self.deferrals = deferrals
    self.settings = settings
    self.disturbs = disturbs
    desktops = DesktopPool(
      helper: programs.helper, keeping: settings.busIdleTimeout, atMost: settings.mostIdleBuses)
    finder = DesktopFinder(desktops: desktops, programs: programs)
  }

  /// Delivers a message to one user's sessions, with one popup for all sessions that share a bus. Returns when all
  /// these deliveries are final.
  ///
  /// - Parameters:
  ///   - message: the message.
  ///   - sessions: sessions of one user.
  ///   - raised: called each time that a popup stands.
  func deliver(_ message: Message, to sessions: [LoginSession], raised: @escaping @MainLoop () -> Void) async {
    let user = sessions[0].user
    if message.isWithdrawn { return message.enter(.withdrawn, at: Set(sessions.map(\.id))) }
    guard message.isOpen(at: Set(sessions.map(\.id))) else { return }
    let deadline = Deadline.after(settings.deliveryTimeout)
    let findings = await finder.find(sessions, deadline: deadline)
    await MainLoop.concurrently(findings) { finding in
      await self.deliver(message, to: user, on: finding, deadline: deadline, raised: raised)
    }
  }

  private func deliver(
    _ message: Message, to user: User, on finding: DesktopFinder.Finding, deadline: Deadline,
    raised: @escaping @MainLoop () -> Void
  ) async {
    do {
      try await desktops.withDesktop(at: finding.address, of: user, deadline: deadline) { desktop in
        if let environment = finding.environment { desktop.programs = environment }
        guard !message.isFinal else { return }  // the sessions have ended meanwhile
        await desktop.manager.refresh(deadline: deadline)
        try await desktop.server.ask(deadline: deadline)
        desktops.note(finding, of: user)
        try await withManager(for: message, to: user, on: desktop) {
          try await show(message, to: user, on: desktop, sessions: finding.sessions, deadline: deadline, raised: raised)
        }
      }
    } catch {
      let error = error as? MessengerError ?? MessengerError(.failed, "\(error)")
      for id in finding.sessions { message.enter(.failed, at: [id], reason: .error(finding.reason(error, at: id))) }
    }
  }

  private func show(
    _ message: Message, to user: User, on desktop: Desktop, sessions: Set<String>, deadline: Deadline,
    raised: @escaping @MainLoop () -> Void
  ) async throws {
    guard await mayBeShown(message, to: user, on: desktop, sessions: sessions, deadline: deadline) else { return }
    try await takeTurns(message, on: desktop, sessions: sessions, deadline: deadline) { turn in
      if turn.hasWaited || turn.isReturn {
        let deadline = turn.deadline
        guard await mayBeShown(message, to: user, on: desktop, sessions: sessions, deadline: deadline) else {
          return nil
        }
      }
      var content = content(of: message, on: desktop)
      content.timeout = turn.stay
      desktop.notifier.note(content, at: turn.place)
      let popup = try await desktop.notifier.show(
        content, by: message.notifyCalls, settlingDelay: settings.settlingDelay, deadline: turn.deadline)
      raised()
      popup.onReplaced = { [weak place = turn.place] in
        place?.leave()
        message.note(mayBeHidden: false, at: sessions)  // the user has asked for the window
      }
      give(popup, to: turn, of: message, on: desktop)
      return try await follow(popup, of: message, to: user, on: desktop, sessions: sessions)
    }
  }

  /// Reports to a message what happens to its popup, until its end.
  ///
  /// - Returns: the popup, if it is to be shown again: it had to give way to another one, says something else now, or
  ///   can't be put off.
  private func follow(
    _ popup: Popup, of message: Message, to user: User, on desktop: Desktop, sessions: Set<String>
  ) async throws -> Popup? {
    let note = desktop.record(of: popup, for: message.id, to: user).map(ledger.enter)
    defer { note.map(ledger.strike) }
    let mayBeHidden = desktop.server.mayHide(popup.content, onX11: !desktop.environment.hasWayland)
    message.note(mayBeHidden: mayBeHidden, at: sessions)
    await desktop.notifier.askWhetherShown(popup)
    try await MainLoop.sleep(until: popup.appeared + settings.settlingDelay)
    let hidden = await hidden(among: sessions, on: desktop)
    if popup.outcome == nil {
      message.hide(at: hidden)
      message.enter(.shown, at: sessions.subtracting(hidden))
    }
    let watch = desktop.screenSavers.onEnd { for id in sessions { message.sessionUnlocked(id) } }
    defer { desktop.screenSavers.forget(watch) }
    let end = await popup.end()
    switch end.state {
    case .pending: return popup
    case .expired: message.expire(at: sessions)
    case .deferred:
      guard await deferrals.putOff(message, by: end.later ?? 0, at: sessions) else { return popup }
    default:
      if end.state == .failed { await noteClosing(sessions, of: message) }
      message.enter(end.state, at: sessions, reply: end.reply, reason: end.reason.map(DeliveryReason.said))
    }
    return nil
  }

  /// Returns those of the sessions whose screens are covered, popups and all. The screen saver on a bus counts for all
  /// sessions on it.
  private func hidden(among sessions: Set<String>, on desktop: Desktop) async -> Set<String> {
    switch desktop.server.lock {
    case nil: return []
    case .session: return await locked(among: sessions)
    case .screenSaver:
      await desktop.screenSavers.ask()
      return desktop.screenSavers.areActive ? sessions : []
    }
  }

  /// Returns those of the sessions whose screens are locked.
  private func locked(among ids: Set<String>) async -> Set<String> {
    Set(await directory.sessions().filter { $0.isLocked }.map(\.id)).intersection(ids)
  }

  /// Returns what a message says on a desktop now.
  func content(of message: Message, on desktop: Desktop) -> PopupContent {
    var plain = message.content.withoutLateChoices(at: deferrals.wallClock.seconds)
    if !message.mayBePutOff(by: desktop.user.uid) { plain.later = [] }
    return Self.fit(content(plain, of: message.id, for: desktop.environment), to: desktop)
  }

  /// Returns what a message says on a desktop. A message with reply buttons, or buttons that put it off, gets no
  /// window, because a window would take the popup and its buttons away.
  private func content(_ plain: PopupContent, of id: UInt64, for environment: SessionEnvironment) -> PopupContent {
    let catalog = translations.catalog(for: environment.languages)
    var content = plain.translated(by: catalog)
    content.title = WholeText.beginning(ofTitle: content.title)
    guard Self.mayNeedWindow(plain) else { return content }
    let viewers = TextViewer.installed(in: settings.programFolders, for: environment)
    guard !viewers.isEmpty else { return content }
    content.whole = WholeText(
      label: catalog[.showAll], heading: plain.heading(by: catalog), closeLabel: catalog[.close],
      text: plain.title.isEmpty ? plain.body : "\(plain.title)\n\n\(plain.body)", unit: "msg-\(id)",
      viewers: viewers)
    return content
  }

  /// Checks whether the sessions are ending, after a notification server has left. logind reports that only if it is
  /// asked.
  private func noteClosing(_ ids: Set<String>, of message: Message) async {
    await directory.refreshStates(of: await directory.sessions().filter { ids.contains($0.id) })
    for session in await directory.sessions() where ids.contains(session.id) && session.state == .closing {
      message.sessionEnded(session.id)
    }
  }
}
