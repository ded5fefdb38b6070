import MessengerClient
import MessengerContract

/// What helps if a message reaches nobody because its only recipient has no desktop, but a terminal.
struct TerminalHint {
  /// The line.
  let line: String

  /// Nil if `--terminals` would not help.
  ///
  /// - Parameters:
  ///   - error: the service's answer.
  ///   - request: what it was asked.
  ///   - service: the service, which is asked for its sessions.
  init?(on error: any Error, to request: Request, by service: any ServiceClient) {
    guard (error as? MessengerError)?.code == .noSession, request.recipients.count == 1,
      [nil, .no].contains(request.options.terminals), !request.options.needsDesktop
    else { return nil }
    let recipient = request.recipients[0]
    guard recipient != Messenger.everyone,
      let session = (try? service.sessions())?.first(where: { $0.isTerminal && $0.isMeant(by: recipient) })
    else { return nil }
    line = "--terminals writes the message on \(session.userName)'s terminal: msg --terminals \(recipient) …"
  }
}

extension SendOptions {
  /// Whether somebody at a terminal couldn't do what is asked.
  fileprivate var needsDesktop: Bool { ask != nil || !choices.isEmpty || !replies.isEmpty || hold != nil }
}

extension Session {
  /// Whether msgd writes messages there. It becomes every user but root.
  fileprivate var isTerminal: Bool {
    type == "tty" && !tty.isEmpty && !isGraphical && state != "closing" && uid != 0
      && (sessionClass.isEmpty || sessionClass.hasPrefix("user")) && sessionClass != "user-incomplete"
  }

  fileprivate func isMeant(by recipient: String) -> Bool {
    [userName, "user:\(userName)", name, tty, id].contains(recipient)
  }
}
