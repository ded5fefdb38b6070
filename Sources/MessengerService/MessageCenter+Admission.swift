internal import GBus
internal import MessengerContract

/// Who may send, to whom, and what the popups say then.
extension MessageCenter {
  /// What the popups of a message say.
  func content(of request: SendRequest, from caller: Caller, named name: String, until: UInt64) -> PopupContent {
    let own = SenderName(name, uid: caller.uid)
    let sender = request.options.origin.map(SenderName.init(origin:)) ?? own
    return PopupContent(
      title: sender.title(request.options.title, asks: request.question != nil), body: request.body,
      timeout: request.timeout, urgency: request.urgency, icon: request.icon, replies: request.options.replies,
      later: request.later, until: until, sender: sender.text, relay: sender == own ? nil : own.text,
      time: wallClock.time(),
      progress: request.options.progress, question: request.question, windowUse: request.options.window)
  }

  /// The sessions that a message goes to, and what its sender's limits and its recipients' wishes say about them.
  struct Admission {
    let targets: [LoginSession]
    var muted: Set<UInt32>
    var crowds: [UInt32: Quota.Crowd]
  }

  /// Counts a message's popups.
  ///
  /// - Throws: `LimitExceeded`.
  func admit(
    _ targets: [LoginSession], of caller: Caller, onBehalfOf origin: String?, ignoringMutes: Bool
  ) throws -> Admission {
    let users = Dictionary(targets.map { ($0.user.uid, $0.user) }) { first, _ in first }
    let muted = ignoringMutes ? [] : Set(users.values.filter { isMuted($0, for: caller) }.map(\.uid))
    let crowds = try quota.open(
      by: caller, onBehalfOf: origin, at: Set(users.keys).subtracting(muted), at: .now)
    return Admission(targets: targets, muted: muted, crowds: crowds)
  }

  /// Checks whether a caller may send to some recipients, on desktops or terminals.
  ///
  /// - Returns: what the recipients' words say, and the only users whom the message may reach.
  /// - Throws: `NotAuthorized`.
  func authorize(
    _ caller: Caller, named name: String, toMessage recipients: [String], terminals: TerminalUse = .no
  ) async throws -> (reach: AuthorizationScope, audience: Audience) {
    let reach = await addresses.reach(of: recipients, by: caller, named: name, terminals: terminals)
    let audience = try await authorizer.authorize(caller, named: name, toMessage: reach) {
      await addresses.audience(of: reach)
    }
    return (reach, audience)
  }

  /// Checks whether a caller may send a message, on their own behalf or somebody else's.
  func authorize(
    _ caller: Caller, named name: String, toSend request: SendRequest
  ) async throws -> (reach: AuthorizationScope, audience: Audience) {
    guard let origin = request.options.origin else {
      return try await authorize(
        caller, named: name, toMessage: request.recipients, terminals: request.terminals)
    }
    let reach = AuthorizationScope(ofRoot: request.recipients, terminals: request.terminals)
    let audience = try await authorizer.authorize(caller, named: name, onBehalfOf: origin, toMessage: reach) {
      await addresses.audience(of: reach)
    }
    return (reach, audience)
  }
}
