internal import GBus
internal import MessengerContract

/// Knows whom a message may be for: sessions from logind, names and groups from the user database.
@MainLoop
struct AddressBook {
  let directory: SessionDirectory
  let users: UserDatabase
  let programs: EnvironmentReader

  /// The sessions of a caller's own.
  func ownSessions(of caller: Caller) async -> [LoginSession] {
    await directory.sessions().filter { $0.user.uid == caller.uid }
  }

  /// The caller's user name; a text with the uid where it isn't known.
  func name(of caller: Caller) async -> String {
    if caller.isRoot { return "root" }
    if let own = await ownSessions(of: caller).first { return own.user.name }
    return await users.name(uid: caller.uid) ?? "uid \(caller.uid)"
  }

  /// How far a caller's message goes, by its recipients.
  func reach(of recipients: [String], by caller: Caller, named name: String) async -> AuthorizationScope {
    guard !caller.isRoot else { return AuthorizationScope(ofRoot: recipients) }
    return AuthorizationScope(of: recipients, by: caller, named: name, ownSessions: await ownSessions(of: caller))
  }

  /// Whom the recipients reach, as things are.
  func audience(of reach: AuthorizationScope) async -> Audience {
    reach.audience(of: await resolver(of: reach, within: reach.anybody))
  }

  /// The sessions that recipients mean, none of which is about to end.
  ///
  /// - Parameters:
  ///   - reach: what the recipients' words say.
  ///   - audience: whom the message may reach.
  /// - Returns: the sessions, and the recipients that mean none.
  /// - Throws: `Unavailable` where logind can't be asked who is logged in.
  func resolve(_ reach: AuthorizationScope, within audience: Audience) async throws -> RecipientResolver.Resolution {
    try await directory.becomeCurrent()
    return await resolver(of: reach, within: audience).resolve(reach.recipients)
      .doubting(reach.recipients, for: directory.doubtful)
  }

  /// Knows what recipients mean, and where of their sessions.
  private func resolver(of reach: AuthorizationScope, within audience: Audience) async -> RecipientResolver {
    var known = Known(ownWords: reach.ownWords, audience: audience)
    known.groups = await groups(in: reach.recipients)
    known.accounts = await accounts(in: reach.recipients.filter { !reach.ownWords.contains($0) }, known)
    let meant = await resolver(known) { _ in true }.resolve(reach.recipients).targets
    await directory.refreshDoubtfulStates(of: meant)
    let desktops = await programs.desktops(on: meant)
    // Last, so that no session ends unnoticed while others are asked.
    return await resolver(known) { desktops.contains($0.id) }
  }

  /// Some sessions, those on terminals with the display that their programs have.
  func withDisplays(_ sessions: [LoginSession]) async -> [LoginSession] {
    let desktops = await programs.desktops(on: sessions)
    return sessions.map { $0.with(display: desktops.contains($0.id)) }
  }

  /// What is known of recipients, beside the sessions.
  private struct Known {
    var ownWords: Set<String>
    var audience: Audience
    var groups: [String: Set<String>] = [:]
    var accounts: Set<String> = []
  }

  private func resolver(_ known: Known, hasDisplay: (LoginSession) -> Bool) async -> RecipientResolver {
    RecipientResolver(
      sessions: await directory.sessions().map { $0.with(display: hasDisplay($0)) }, groups: known.groups,
      accounts: known.accounts, ownWords: known.ownWords, audience: known.audience)
  }

  /// Which recipients are names of users who are not logged in, of those for which that makes a difference.
  private func accounts(in recipients: [String], _ known: Known) async -> Set<String> {
    let names = await resolver(known) { _ in true }.doubtfulNames(in: recipients)
    return names.isEmpty ? [] : await users.existing(of: names)
  }

  private func groups(in recipients: [String]) async -> [String: Set<String>] {
    var groups: [String: Set<String>] = [:]
    for group in RecipientResolver.groupNames(in: recipients) where groups[group] == nil {
      groups[group] = await users.members(ofGroup: group, among: await directory.sessions().map(\.user))
    }
    return groups
  }
}

extension LoginSession {
  /// The same session, with or without a display.
  fileprivate func with(display hasDisplay: Bool) -> LoginSession {
    guard isOnTerminal else { return self }
    var session = self
    session.hasDisplay = hasDisplay
    return session
  }
}
