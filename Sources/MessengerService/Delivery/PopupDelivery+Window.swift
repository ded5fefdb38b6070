internal import GBus
internal import MessengerContract

/// Shows messages in windows instead of popups.
extension PopupDelivery {
  /// How a message is to be shown.
  struct Way {
    /// By what.
    var means: DeliveryMeans
    /// Why a popup can't, if a window only stands in for one on a desktop without a notification server.
    var absence: MessengerError?
  }

  /// Learns about the desktop's notification server, which must run for a popup. A window needs none; if one runs, it
  /// says whether the user wants to be disturbed.
  ///
  /// - Returns: how the message is to be shown.
  /// - Throws: `Failed`, if the message is to be shown by a popup, and can't.
  func way(for message: Message, on desktop: Desktop, deadline: Deadline) async throws -> Way {
    let use = message.content.windowUse
    if use == .always {
      if (try? await desktop.server.isRunning(deadline: deadline)) == true {
        try? await desktop.server.ask(deadline: deadline)
      }
      return Way(means: .window)
    }
    do {
      try await desktop.server.ask(deadline: deadline)
    } catch {
      // A window that shows a message has no field.
      guard use != .never, message.content.question == nil, await desktop.server.isAbsent() else { throw error }
      return Way(means: .window, absence: error as? MessengerError)
    }
    let mayBeHidden = desktop.server.mayHide(message.content, onX11: !desktop.environment.hasWayland)
    return Way(means: use == .fallback && mayBeHidden ? .window : .popup)
  }

  /// Shows a message in a window to its end.
  ///
  /// - Throws: `Failed`, with the reason.
  func showWindow(
    _ message: Message, to user: User, on desktop: Desktop, sessions: Set<String>, insteadOf absence: MessengerError?,
    raised: @escaping @MainLoop () -> Void
  ) async throws {
    let deadline = Deadline.after(settings.deliveryTimeout)
    guard await mayBeShown(message, to: user, on: desktop, sessions: sessions, deadline: deadline) else { return }
    message.note(by: .window, at: sessions)
    // Where a new window goes is the compositor's affair: sway hides it behind one that fills the screen.
    message.note(mayBeHidden: desktop.windowEnvironment.hasWayland, at: sessions)
    _ = try await takeTurns(message, by: .window, on: desktop, sessions: sessions, deadline: deadline) { turn in
      if turn.hasWaited || turn.isReturn {
        let deadline = turn.deadline
        guard await mayBeShown(message, to: user, on: desktop, sessions: sessions, deadline: deadline) else {
          return nil
        }
      }
      guard turn.place.ending == nil else {  // the sender or the session has ended it meanwhile
        if message.isWithdrawn { message.enter(.withdrawn, at: sessions) }
        return nil
      }
      var content = windowContent(of: message, on: desktop)
      content.timeout = turn.stay
      if let fault = fault(of: content, on: desktop, insteadOf: absence) { throw fault }
      let window = desktop.windows.show(content)
      raised()
      give(window, to: turn, of: message, on: desktop)
      return await follow(
        window: window, of: message, to: user, on: desktop, sessions: sessions, insteadOf: absence)
    }
  }

  private func follow(
    window: Popup, of message: Message, to user: User, on desktop: Desktop, sessions: Set<String>,
    insteadOf absence: MessengerError?
  ) async -> Popup? {
    let note = desktop.record(ofWindow: window, for: message.id, to: user).map(ledger.enter)
    defer { note.map(ledger.strike) }
    let stands = await window.untilWindowStands()
    let hidden = stands ? await covered(among: sessions, on: desktop) : []
    let end = await end(
      of: window, message, on: desktop, sessions: sessions, hidden: hidden, isSeen: stands, insteadOf: absence)
    return end.state == .pending ? window : nil
  }

  /// Returns those of the sessions whose screens are locked or blanked. No window is above a lock.
  private func covered(among sessions: Set<String>, on desktop: Desktop) async -> Set<String> {
    await desktop.screenSavers.ask()
    return desktop.screenSavers.areActive ? sessions : await locked(among: sessions)
  }

  /// Returns why no window can be opened, and what helps. Where none can be expected, that is why there is no popup.
  private func fault(
    of content: PopupContent, on desktop: Desktop, insteadOf absence: MessengerError?
  ) -> MessengerError? {
    let noWindow = "no window could be opened"
    if !desktop.manager.isPresent, desktop.managerElsewhere == nil {
      let reason = "the user has no service manager (systemd --user) on a session bus"
      return absence ?? MessengerError(.failed, "\(noWindow): \(reason)")
    }
    guard desktop.windowEnvironment.hasDisplay else {
      let reason = "neither the user's service manager nor the session's programs name a display"
      return absence ?? MessengerError(.failed, "\(noWindow): \(reason)")
    }
    guard content.whole?.window.programs.isEmpty != false else { return nil }
    let reason = (absence.map { "\($0.message), and " } ?? "") + noWindow
    return MessengerError(.failed, "\(reason): install zenity, kdialog or xmessage (x11-utils) for the recipient")
  }

  /// Returns what a message says in a window. The heading is in the text, too: a window may have no title.
  func windowContent(of message: Message, on desktop: Desktop) -> PopupContent {
    let environment = desktop.windowEnvironment
    let catalog = translations.catalog(for: environment.languages)
    var content = plain(of: message, on: desktop).translated(by: catalog)
    let labels = content.windowButtons.map(\.label)
    var window = WindowContent(
      kind: .buttons(labels, closeLabel: catalog[.close]), heading: message.content.heading(by: catalog),
      text: "\(content.title)\n\n\(content.body)", unit: "msg-\(message.id)",
      programs: WindowProgram.installed(in: settings.programFolders, for: environment))
    // A service manager that doesn't know the display gets the desktop's environment.
    if desktop.manager.environment?.hasDisplay != true { window.environment = environment.assignments }
    content.whole = WholeText(label: "", window: window)
    return content
  }
}
