internal import GBus
internal import MessengerContract

/// Brings popups to desktops, and tells their messages what becomes of them.
@MainLoop
struct PopupDelivery {
  let directory: SessionDirectory
  let buses: SessionBusPool
  let ledger: PopupLedger
  let translations: Translations
  let settings: Settings

  /// Brings one popup to one user's desktop, for all of the user's sessions, and returns when its fate is decided.
  func deliver(_ message: Message, to user: User, sessions: Set<String>) async {
    let deadline = Deadline.after(settings.deliveryPatience)
    do {
      try await buses.withBus(of: user, deadline: deadline) { bus in
        let content = content(of: message, for: bus.environment)
        let popup = try await bus.show(content, settling: settings.settling, deadline: deadline)
        message.add(popup, for: sessions)
        let note = bus.standing(popup, of: message.id, for: user).map(ledger.enter)
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
