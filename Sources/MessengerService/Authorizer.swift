internal import MessengerContract

/// Decides who may do what. All of it is here.
///
/// Root may message everyone and manage every message; others may message their own sessions and manage their own messages.
/// A refusal doesn't depend on who is logged in, so that it tells nothing about it.
struct Authorizer {
  /// The sessions that a caller may see, and so message.
  func visible(_ sessions: [Session], to caller: Caller) -> [Session] {
    caller.isRoot ? sessions : sessions.filter { $0.user.uid == caller.uid }
  }

  /// Checks that a caller may write such recipients, before anybody is looked for.
  ///
  /// - Throws: `NotAuthorized` where others than root ask for everyone, or use wildcards.
  func authorize(_ caller: Caller, named callerName: String, toWrite recipients: [String]) throws {
    guard !caller.isRoot else { return }
    if recipients.contains(Messenger.everyone) {
      throw MessengerError(.notAuthorized, "\(callerName) may not message everyone: only root may")
    }
    if let pattern = recipients.first(where: RecipientResolver.hasWildcards) {
      throw MessengerError(.notAuthorized, "\(callerName) may not use wildcards, as in \(pattern): only root may")
    }
  }

  /// Checks that a caller may message those recipients.
  ///
  /// - Parameters:
  ///   - caller: who sends.
  ///   - callerName: their user name.
  ///   - resolution: whom the recipients mean, among the sessions that are visible to the caller.
  /// - Throws: `NotAuthorized`, naming the first recipient that is not the caller's to message.
  func authorize(
    _ caller: Caller, named callerName: String, toMessage resolution: RecipientResolver.Resolution
  ) throws {
    guard !caller.isRoot else { return }
    let own = [callerName, "user:" + callerName]
    let foreign = resolution.failures.first { $0.error.code == .noSuchRecipient && !own.contains($0.recipient) }
    if let foreign {
      throw MessengerError(
        .notAuthorized, "\(callerName) may message only their own sessions, and \(foreign.recipient) is none of them")
    }
  }

  /// Whether a caller's messages are shown to users who take none: root's, as with mesg(1).
  func overridesMute(_ caller: Caller) async -> Bool { caller.isRoot }

  /// Checks that a caller may see or withdraw a message.
  ///
  /// - Throws: `NoSuchMessage`, as for a message that isn't there: whose messages there are is nobody else's business.
  func authorize(_ caller: Caller, toManage message: Message) throws {
    guard caller.isRoot || caller.uid == message.sender.uid else { throw MessengerError.noSuchMessage(message.id) }
  }
}

extension MessengerError {
  static func noSuchMessage(_ id: UInt64) -> MessengerError {
    MessengerError(.noSuchMessage, "there is no message \(id): it was never sent, or its record has ended")
  }
}
