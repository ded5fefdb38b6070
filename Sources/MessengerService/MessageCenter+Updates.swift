internal import GBus
internal import MessengerContract

/// Changes of messages that were sent before.
extension MessageCenter {
  /// Changes what a message says, wherever its popups stand or are on their way. If the request says so, shows it again
  /// to those who have seen it to its end. Returns when that has begun.
  ///
  /// Polkit isn't asked about popups that stand: it has decided about the sender and these users already, and the
  /// sender could have said the same then.
  ///
  /// - Throws: `NoSuchMessage` if it isn't the caller's own, whoever that is: an administrator, who may withdraw
  ///   others' messages, must not put words into their mouths. `LimitExceeded`; `InvalidArgument` if the text is
  ///   forgotten. What ``send(_:by:)`` throws, if the message is shown again.
  func update(_ id: UInt64, as request: UpdateRequest, by caller: Caller) async throws {
    _ = try? await restoration?.value
    let kept = held.entries(of: id).first?.sender
    guard store[id] != nil || kept == caller.uid, let message = await heldMessage(id), message.sender.uid == caller.uid
    else {
      throw MessengerError.noSuchMessage(id)
    }
    if request.hasText || request.options.again { try quota.text(by: caller, at: .now) }
    let admission = request.options.again ? try await readmit(message, as: request, by: caller) : nil
    guard store[id] === message else { throw MessengerError.noSuchMessage(id) }  // forgotten meanwhile
    // The text of a message that has ended is forgotten, and stays so.
    guard admission != nil || !message.isFinal else { return }
    var content = message.content
    request.apply(to: &content, from: caller.uid, at: wallClock.time())
    if request.hasText { journal.updated(message) }
    message.change(to: content, restartsTime: request.timeout != nil)
    deferrals.noteChange(of: message, hasText: request.hasText)
    held.noteChange(of: message, hasText: request.hasText)
    if let admission {
      message.begin(anewAt: Set(admission.targets.map(\.id)), asking: caller)
      deliver(message, admission)
    }
    if request.hasText {
      await deferrals.flush(message)
      await held.flush(held.entries(of: id))
    }
  }

  /// Counts the popups with which a message is shown again to those who have seen it to its end. Who takes no messages,
  /// or has too many popups, is left out, so that the delivery keeps its state.
  ///
  /// - Returns: the sessions; `nil` if there are none, and the message goes on elsewhere.
  /// - Throws: see ``update(_:as:by:)``. Nothing is counted then.
  private func readmit(
    _ message: Message, as request: UpdateRequest, by caller: Caller
  ) async throws -> Admission? {
    let targets = try await sessionsWithEnd(of: message, for: caller)
    guard !isLeaving else { throw MessengerError(.failed, "msgd is about to end: update the message again") }
    guard !message.isWithdrawn else {
      throw MessengerError(.noSession, "message \(message.id) was withdrawn, and isn't shown again")
    }
    guard request.body != nil || !message.isFinal else {
      throw MessengerError(
        .invalidArgument, "message \(message.id) has ended, and its text is forgotten: give it again")
    }
    let admission = try admit(targets, of: caller, onBehalfOf: message.origin, ignoringMutes: true)
    let admitted = targets.filter { admission.crowds[$0.user.uid] == nil }
    guard admitted.isEmpty else { return Admission(targets: admitted, muted: [], crowds: [:]) }
    if let crowded = targets.first, let crowd = admission.crowds[crowded.user.uid] {
      throw quota.error(of: crowd, at: crowded.user.name)
    }
    guard !message.isFinal else {
      throw MessengerError(
        .noSession,
        "message \(message.id) can be shown again to nobody: they never saw it, have logged out, or take no messages")
    }
    return nil
  }

  /// Returns the sessions in which a message has been seen to its end, and whose users may and want to see it again.
  ///
  /// - Throws: `NotAuthorized`; `Unavailable` if logind can't be asked.
  private func sessionsWithEnd(of message: Message, for caller: Caller) async throws -> [LoginSession] {
    try await addresses.directory.becomeCurrent()
    let words = message.deliveries.filter(\.isSeen).map { "user:" + $0.userName }.unique
    let audience = try await authorize(caller, named: try await addresses.name(of: caller), toMessage: words).audience
    let ignoresMutes = await ignoresMutes(caller)
    let sessions = await addresses.directory.sessions()
    // Asked only now, because another call may have begun deliveries anew during the waits above.
    return sessions.filter { session in
      session.state != .closing && audience.covers(session.user)
        && message.deliveries.contains {
          $0.isSeen && $0.sessionID == session.id && $0.uid == session.user.uid
        }
        && (ignoresMutes || !isMuted(session.user, for: caller))
    }
  }
}
