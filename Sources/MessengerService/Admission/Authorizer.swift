internal import GBus
internal import MessengerContract

/// Decides who may do what. All of it is here.
///
/// Root may do everything, and isn't asked about. Users may message their own sessions, and manage their own messages;
/// of anything else polkit judges, whose rules the administrator makes. A refusal doesn't depend on who
/// is logged in or which messages there are, so that it tells nothing about it; but for those who may see that anyway.
@MainLoop
struct Authorizer {
  /// Asks polkit, with what its dialogue may tell.
  typealias Judge = @MainLoop (PolkitAction, Caller, [String: String]) async -> PolkitAnswer

  let judge: Judge

  /// Checks that a caller may send so far, and says how far that is.
  ///
  /// What comes of asking, and a dialogue that a program of the caller's shows, tell of what polkit is told. So who is
  /// reached is looked up first only for callers who may see everybody's sessions. Others are judged by their words:
  /// names are names, and a word that may mean anybody needs what a message to everybody does. Whom it means then is
  /// judged once more.
  ///
  /// - Parameters:
  ///   - caller: who sends.
  ///   - name: their name.
  ///   - reach: what the words say.
  ///   - look: finds out whom they mean.
  /// - Returns: the only users whom the message may reach.
  /// - Throws: `NotAuthorized`, with a text that depends on the caller's name, the recipients' words and polkit alone,
  ///   until the caller may send to everybody or see who is there.
  func authorize(
    _ caller: Caller, named name: String, toMessage reach: AuthorizationScope,
    meaning look: @MainLoop () async -> Audience
  ) async throws -> Audience {
    guard !caller.isRoot else { return .everybody }
    let words = reach.caption
    func admit(_ audience: Audience, taking answers: Set<PolkitAnswer> = [], asking caller: Caller) async throws {
      guard let action = audience.action else { return }
      let details = ["recipients": audience.recipients, "words": words]
      let answer = await judge(action, caller, details)
      guard !answers.contains(answer), let reason = Self.objection(answer, to: action) else { return }
      throw MessengerError(.notAuthorized, "\(name) may not message \(reach.description): \(reason)")
    }
    if let audience = reach.audience {
      try await admit(audience, asking: caller)
      return audience
    }
    if await isShownAllSessions(caller) {
      let audience = await look()
      try await admit(audience, asking: caller)
      return audience
    }
    try await admit(reach.anybody, asking: caller)
    let audience = await look()
    // Who may send to everybody needs no second password; but there may be somebody to whom a rule forbids it.
    try await admit(audience, taking: [.unasked], asking: caller.unasked)
    return audience
  }

  /// Whether a caller may see everybody's sessions: root, and who may message a user without a password.
  func isShownAllSessions(_ caller: Caller) async -> Bool { await may(.sendUser, caller) }

  /// Whether a caller's messages reach those who want none: root's, and whose polkit lets pass without a password.
  func overridesMute(_ caller: Caller) async -> Bool { await may(.overrideMute, caller) }

  /// Whether a caller's messages are shown to others who don't want to be disturbed: root's, and who may message
  /// everyone without a password.
  func disturbs(_ caller: Caller) async -> Bool { await may(.broadcast, caller) }

  /// Checks that a caller may see or withdraw a message.
  ///
  /// - Parameters:
  ///   - caller: who.
  ///   - id: the message.
  ///   - sender: who sent it; nil where there is no such message, about which polkit is asked all the same: else the
  ///     dialogue would tell that there is one.
  /// - Throws: `NoSuchMessage`, as for a message that isn't there: whose messages there are is nobody else's business.
  func authorize(_ caller: Caller, toManage id: UInt64, of sender: Caller?) async throws {
    guard !caller.isRoot, caller.uid != sender?.uid else { return }
    guard await judge(.manage, caller, ["message": "\(id)"]) == .yes else { throw MessengerError.noSuchMessage(id) }
  }

  /// Whether a caller may do something as things are: nobody is asked for a password.
  private func may(_ action: PolkitAction, _ caller: Caller) async -> Bool {
    if caller.isRoot { true } else { await judge(action, caller.unasked, [:]) == .yes }
  }

  /// Why somebody may not do something, and what to do about it; nil where they may.
  static func objection(_ answer: PolkitAnswer, to action: PolkitAction) -> String? {
    let name = action.rawValue
    return switch answer {
    case .yes: nil
    case .no: "polkit refuses \(name)"
    case .unasked: "polkit wants a password for \(name), and nobody could be asked: use a terminal, or be root"
    case .crowded: "too many dialogues ask for a password already: answer those, or try again later"
    case .dismissed: "the dialogue for \(name) was dismissed"
    case .failed: "the authentication for \(name) failed"
    case .unanswered: "nobody answered the dialogue for \(name)"
    case .absent: "polkit is not running, and without it only root may"
    case .trouble(let reason): "polkit can't decide on \(name): \(reason) (see: systemctl status polkit)"
    }
  }
}

extension MessengerError {
  static func noSuchMessage(_ id: UInt64) -> MessengerError {
    MessengerError(.noSuchMessage, "there is no message \(id): it was never sent, or its record has ended")
  }
}
