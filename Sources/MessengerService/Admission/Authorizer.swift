internal import GBus
internal import MessengerContract

/// The one place that decides who may do what.
///
/// Root may do everything without a question to polkit. Users may message their own sessions and manage their own
/// messages. Polkit decides on everything else, by the administrator's rules. A refusal doesn't depend on who is logged
/// in or which messages exist, so it reveals neither, except to callers who may see that anyway.
@MainLoop
struct Authorizer {
  /// Asks polkit. The dictionary holds the details that polkit's dialogue may show.
  typealias Judge = @MainLoop (PolkitAction, Caller, [String: String]) async -> PolkitAnswer

  let judge: Judge

  /// Checks whether a caller may send to the recipients they name, and returns whom the message may reach.
  ///
  /// The outcome, and a dialogue that one of the caller's programs shows, reveal what polkit was told. So the users
  /// behind the words are looked up first only for callers who may see everybody's sessions. Other callers are judged
  /// by their words alone: a name stands for itself, and a word that may mean anybody needs the same permission as a
  /// message to everybody. The users that the words turn out to mean are then judged once more.
  ///
  /// - Parameters:
  ///   - caller: the sender.
  ///   - name: the sender's user name.
  ///   - reach: what the words say about the recipients.
  ///   - look: finds out which users the words mean.
  /// - Returns: the only users whom the message may reach.
  /// - Throws: `NotAuthorized`. Its text depends only on the caller's name, the recipients' words and polkit, unless
  ///   the caller may send to everybody or see all sessions.
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
    // A caller who may send to everybody needs no second password. A rule may still forbid messages to one of these
    // users.
    try await admit(audience, taking: [.unasked], asking: caller.unasked)
    return audience
  }

  /// Checks whether a caller may send on somebody's behalf to the recipients they name. It needs no other permission.
  ///
  /// - Parameters:
  ///   - caller: the sender.
  ///   - name: the sender's user name.
  ///   - origin: on whose behalf.
  ///   - reach: what the words say about the recipients.
  ///   - look: finds out which users the words mean; only called for callers who may send on this behalf at all.
  /// - Returns: the only users whom the message may reach.
  /// - Throws: `NotAuthorized`.
  func authorize(
    _ caller: Caller, named name: String, onBehalfOf origin: String, toMessage reach: AuthorizationScope,
    meaning look: @MainLoop () async -> Audience
  ) async throws -> Audience {
    guard !caller.isRoot else { return .everybody }
    func admit(_ details: [String: String]) async throws {
      let answer = await judge(.relay, caller.unasked, details)
      guard let reason = Self.objection(answer, to: .relay) else { return }
      throw MessengerError(.notAuthorized, "\(name) may not send on behalf of \(origin): \(reason)")
    }
    try await admit(["origin": origin])
    let audience = await look()
    try await admit(["origin": origin, "recipients": audience.recipients, "words": reach.caption])
    return audience
  }

  /// Checks whether a caller may have a message held for the recipients they name, who need not be logged in. Who is
  /// logged in makes no difference: a word that means many is judged as a message to everybody.
  ///
  /// - Throws: `NotAuthorized`. Its text depends only on the caller's name, the recipients' words and polkit.
  func authorize(_ caller: Caller, named name: String, toHold reach: AuthorizationScope) async throws {
    guard !caller.isRoot else { return }
    let audience = reach.audience ?? reach.anybody
    guard let action = audience.action else { return }
    let details = ["recipients": audience.recipients, "words": reach.caption]
    for action in [action, .hold] {
      if let reason = Self.objection(await judge(action, caller, details), to: action) {
        throw MessengerError(
          .notAuthorized, "\(name) may not have a message held for \(reach.description): \(reason)")
      }
    }
  }

  /// Whether a caller may see everybody's sessions: root, and callers who may message a user without a password.
  func isShownAllSessions(_ caller: Caller) async -> Bool { await may(.sendUser, caller) }

  /// Whether a caller may list everybody's sessions: also callers who may send on others' behalf, who may reach them
  /// all.
  func mayListAllSessions(_ caller: Caller) async -> Bool {
    if await isShownAllSessions(caller) { return true }
    return await may(.relay, caller)
  }

  /// Whether a caller's messages reach users who have muted messages: root's, and those of callers whom polkit permits
  /// it without a password.
  func overridesMute(_ caller: Caller) async -> Bool { await may(.overrideMute, caller) }

  /// Whether a caller may see what is held of everybody's: root, and callers who may manage others' messages without a
  /// password.
  func isShownAllHeld(_ caller: Caller) async -> Bool { await may(.manage, caller) }

  /// Whether a caller's messages are shown to users who don't want to be disturbed: root's, and those of callers who
  /// may message everyone without a password.
  func disturbs(_ caller: Caller) async -> Bool { await may(.broadcast, caller) }

  /// Checks that a caller may have a window follow a popup that the desktop keeps back: see ``disturbs(_:)``.
  ///
  /// - Throws: `NotAuthorized`.
  func authorizeFallback(_ caller: Caller, named name: String) async throws {
    guard await !disturbs(caller) else { return }
    throw MessengerError(
      .notAuthorized,
      "\(name) may not send with window=fallback, which needs \(PolkitAction.broadcast.rawValue) without a password: "
        + "use window=always, or leave it out")
  }

  /// Checks that a caller may see or withdraw a message.
  ///
  /// - Parameters:
  ///   - caller: the user who wants to see or withdraw it.
  ///   - id: the message's id.
  ///   - sender: the message's sender; nil if there is no such message. Polkit is asked even then, because otherwise
  ///     the dialogue would reveal which messages exist.
  /// - Throws: `NoSuchMessage`, the same error as for a message that doesn't exist, so that nobody learns of others'
  ///   messages.
  func authorize(_ caller: Caller, toManage id: UInt64, of sender: Caller?) async throws {
    guard !caller.isRoot, caller.uid != sender?.uid else { return }
    guard await judge(.manage, caller, ["message": "\(id)"]) == .yes else { throw MessengerError.noSuchMessage(id) }
  }

  /// Whether a caller may do something right now, without being asked for a password.
  private func may(_ action: PolkitAction, _ caller: Caller) async -> Bool {
    if caller.isRoot { true } else { await judge(action, caller.unasked, [:]) == .yes }
  }

  /// The reason why a caller may not do something, with the next step; nil if the caller may.
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
