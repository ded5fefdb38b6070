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
  let finder: DesktopFinder

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
        let way = try await way(for: message, on: desktop, deadline: deadline)
        desktops.note(finding, of: user)
        try await withManager(for: message, by: way.means, to: user, on: desktop) {
          var means = way.means
          if means == .popup {
            means = try await show(
              message, to: user, on: desktop, sessions: finding.sessions, deadline: deadline, raised: raised)
          }
          if means == .window {
            try await showWindow(
              message, to: user, on: desktop, sessions: finding.sessions, insteadOf: way.absence, raised: raised)
          }
        }
      }
    } catch {
      let error = error as? MessengerError ?? MessengerError(.failed, "\(error)")
      for id in finding.sessions { message.enter(.failed, at: [id], reason: .error(finding.reason(error, at: id))) }
    }
  }

  /// Shows a message in a popup to its end.
  ///
  /// - Returns: by what it was shown: a window, if one is to follow because the desktop has kept the popup back.
  private func show(
    _ message: Message, to user: User, on desktop: Desktop, sessions: Set<String>, deadline: Deadline,
    raised: @escaping @MainLoop () -> Void
  ) async throws -> DeliveryMeans {
    guard await mayBeShown(message, to: user, on: desktop, sessions: sessions, deadline: deadline) else {
      return .popup
    }
    message.note(by: .popup, at: sessions)
    var isKeptBack = false
    let hadTurn = try await takeTurns(message, on: desktop, sessions: sessions, deadline: deadline) { turn in
      if turn.hasWaited || turn.isReturn {
        let deadline = turn.deadline
        guard await mayBeShown(message, to: user, on: desktop, sessions: sessions, deadline: deadline) else {
          return nil
        }
      }
      var content = content(of: message, on: desktop)
      content.timeout = turn.stay
      try checkAnswerable(content, on: desktop)
      desktop.notifier.note(content, at: turn.place)
      let popup = try await desktop.notifier.show(
        content, of: message.id, at: turn.place, by: message.notifyCalls, settlingDelay: settings.settlingDelay,
        deadline: turn.deadline)
      raised()
      popup.onReplaced = { [weak place = turn.place] in
        place?.leave()
        message.note(mayBeHidden: false, at: sessions)  // the user has asked for the window
      }
      give(popup, to: turn, of: message, on: desktop)
      let end = try await follow(popup, of: message, to: user, on: desktop, sessions: sessions)
      isKeptBack = end.state == .suppressed && message.isOpen(at: sessions)
      return end.state == .pending ? popup : nil
    }
    return hadTurn && !isKeptBack ? .popup : .window
  }

  /// Reports to a message what happens to its popup, until its end.
  ///
  /// - Returns: the outcome; `pending` if it is to be shown again: it had to give way to another one, says something
  ///   else now, or can't be put off.
  private func follow(
    _ popup: Popup, of message: Message, to user: User, on desktop: Desktop, sessions: Set<String>
  ) async throws -> PopupVerdict.Outcome {
    var note = desktop.record(of: popup, for: message.id, to: user).map(ledger.enter)
    func askWhetherShown(_ popup: Popup) async {
      let mayBeHidden = desktop.server.mayHide(popup.standing, onX11: !desktop.environment.hasWayland)
      message.note(mayBeHidden: mayBeHidden, at: sessions)
      await desktop.notifier.askWhetherShown(popup)
    }
    popup.onMoved = { [weak popup] in
      note.map(ledger.strike)
      note = popup.flatMap { desktop.record(of: $0, for: message.id, to: user) }.map(ledger.enter)
      guard let popup, !popup.hasWindow else { return }
      MainLoop.task { await askWhetherShown(popup) }
    }
    defer { note.map(ledger.strike) }
    await askWhetherShown(popup)
    try await MainLoop.sleep(until: popup.appeared + settings.settlingDelay)
    let hidden = await hidden(among: sessions, on: desktop)
    return await end(of: popup, message, on: desktop, sessions: sessions, hidden: hidden)
  }

  /// Reports to a message that its popup or window stands, and how that ends.
  ///
  /// - Returns: the outcome. `suppressed` isn't reported if a window is to follow.
  func end(
    of popup: Popup, _ message: Message, on desktop: Desktop, sessions: Set<String>, hidden: Set<String>,
    isSeen: Bool = true, insteadOf absence: MessengerError? = nil
  ) async -> PopupVerdict.Outcome {
    if isSeen, popup.outcome == nil {
      message.hide(at: hidden)
      message.enter(.shown, at: sessions.subtracting(hidden))
    }
    let watch = desktop.screenSavers.onEnd { for id in sessions { message.sessionUnlocked(id) } }
    defer { desktop.screenSavers.forget(watch) }
    var end = await popup.end()
    if !isSeen, end.state == .expired { end = .init(state: .failed, reason: "the window did not open in time") }
    if end.state == .failed, let absence { end.reason = "\(absence.message), and \(end.reason ?? "no window opened")" }
    switch end.state {
    case .pending: break
    case .suppressed where message.content.windowUse == .fallback: break
    case .expired: message.expire(at: sessions)
    case .deferred:
      guard await deferrals.putOff(message, by: end.later ?? 0, at: sessions) else {
        return PopupVerdict.Outcome(state: .pending)
      }
    default:
      if end.state == .failed { await noteClosing(sessions, of: message) }
      message.enter(
        end.state, at: sessions, reply: end.reply, text: end.text, reason: end.reason.map(DeliveryReason.said))
    }
    return end
  }

  /// Returns those of the sessions whose screens are covered, popups and all. The screen saver on a bus counts for all
  /// sessions on it.
  func hidden(among sessions: Set<String>, on desktop: Desktop) async -> Set<String> {
    switch desktop.server.lock {
    case nil: return []
    case .session: return await locked(among: sessions)
    case .screenSaver:
      await desktop.screenSavers.ask()
      return desktop.screenSavers.areActive ? sessions : []
    }
  }

  /// Returns those of the sessions whose screens are locked.
  func locked(among ids: Set<String>) async -> Set<String> {
    Set(await directory.sessions().filter { $0.isLocked }.map(\.id)).intersection(ids)
  }

  /// Returns what a message says on a desktop now.
  func content(of message: Message, on desktop: Desktop) -> PopupContent {
    let combines = desktop.server.quirks.partsInOne != nil
    let content = Self.fit(
      content(plain(of: message, on: desktop), of: message.id, for: desktop.environment, combines: combines),
      to: desktop)
    return answerable(content, by: translations.catalog(for: desktop.environment.languages), on: desktop)
  }

  /// Returns what a message says, with the buttons that put it off if the user may still choose them.
  func plain(of message: Message, on desktop: Desktop) -> PopupContent {
    var plain = message.content.withoutLateChoices(at: deferrals.wallClock.seconds)
    if !message.mayBePutOff(by: desktop.user.uid) { plain.later = [] }
    return plain
  }

  /// Returns what a message says on a desktop. A message with buttons of its own gets no window, because a window would
  /// take the popup and its buttons away. If one popup may hold the message with others, the window is always there.
  private func content(
    _ plain: PopupContent, of id: UInt64, for environment: SessionEnvironment, combines: Bool
  ) -> PopupContent {
    let catalog = translations.catalog(for: environment.languages)
    var content = plain.translated(by: catalog)
    content.title = WholeText.beginning(ofTitle: content.title)
    let isLong = Self.mayNeedWindow(plain)
    let combines = combines && plain.isAnsweredByOK
    guard isLong || combines else { return content }
    let programs = WindowProgram.installed(in: settings.programFolders, for: environment)
    if let question = plain.question {
      content.whole = Self.window(for: question, of: plain, "msg-\(id)", by: catalog, among: programs)
      return content
    }
    guard !programs.isEmpty else { return content }
    content.whole = WholeText(
      label: catalog[.showAll], heading: plain.heading(by: catalog), closeLabel: catalog[.close],
      text: plain.title.isEmpty ? plain.body : "\(plain.title)\n\n\(plain.body)", unit: "msg-\(id)",
      programs: programs)
    if combines {
      let isUntitled = plain.title.isEmpty
      content.combining = .init(
        title: catalog[.messages], heading: isUntitled ? plain.heading(by: catalog) : plain.title,
        label: isUntitled ? "\(plain.sender) \(plain.time)" : plain.title, isLong: isLong)
    }
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
