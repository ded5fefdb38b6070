internal import GBus
internal import MessengerContract

/// Finds out whom a message may be for, with sessions from logind, and names and groups from the user database.
@MainLoop
struct AddressBook {
  let directory: SessionDirectory
  let users: UserDatabase
  let programs: EnvironmentReader

  /// Returns the caller's own sessions.
  func ownSessions(of caller: Caller) async -> [LoginSession] {
    await directory.sessions().filter { $0.user.uid == caller.uid }
  }

  /// Returns the caller's user name.
  ///
  /// - Throws: `NotAuthorized` if the uid has none. A user may have thousands of such uids (subuid(5)), each of which
  ///   would be a sender with limits of its own, and popups couldn't say who sends.
  func name(of caller: Caller) async throws(MessengerError) -> String {
    guard let name = await knownName(of: caller) else {
      throw MessengerError(
        .notAuthorized, "\(Self.text(for: caller.uid)) has no name in the user database, and may not send messages")
    }
    return name
  }

  /// Returns the caller's user name; nil if the uid has none.
  func knownName(of caller: Caller) async -> String? {
    if caller.isRoot { return "root" }
    if let own = await ownSessions(of: caller).first { return own.user.name }
    return await users.name(uid: caller.uid)
  }

  /// Returns users' names, asked for all at once; for a uid that isn't known, a text with it.
  func names(of uids: Set<UInt32>) async -> [UInt32: String] {
    let names = await MainLoop.concurrently(Array(uids)) { uid in
      (uid: uid, name: uid == 0 ? "root" : await users.name(uid: uid) ?? Self.text(for: uid))
    }
    return names.reduce(into: [:]) { $0[$1.uid] = $1.name }
  }

  private static func text(for uid: UInt32) -> String { "uid \(uid)" }

  /// Returns how far a caller's message goes, by the words of its recipients.
  func reach(
    of recipients: [String], by caller: Caller, named name: String, terminals: TerminalUse = .no
  ) async -> AuthorizationScope {
    guard !caller.isRoot else { return AuthorizationScope(ofRoot: recipients, terminals: terminals) }
    let own = await withTerminals(ownSessions(of: caller), terminals)
    return AuthorizationScope(of: recipients, by: caller, named: name, ownSessions: own, terminals: terminals)
  }

  /// Returns the users whom the recipients reach at present.
  func audience(of reach: AuthorizationScope) async -> Audience {
    reach.audience(of: await resolver(of: reach, within: reach.anybody))
  }

  /// Returns the sessions that recipients mean, without those that are about to end.
  ///
  /// - Parameters:
  ///   - reach: what the recipients' words say.
  ///   - audience: the users whom the message may reach.
  /// - Returns: the sessions, and the recipients that mean none.
  /// - Throws: `Unavailable` if logind can't be asked who is logged in.
  func resolve(_ reach: AuthorizationScope, within audience: Audience) async throws -> RecipientResolver.Resolution {
    try await directory.becomeCurrent()
    return await resolver(of: reach, within: audience).resolve(reach.recipients)
      .doubting(reach.recipients, for: directory.doubtful)
  }

  /// Makes a resolver that knows what the recipients mean, and which of these sessions have a display or a terminal.
  private func resolver(of reach: AuthorizationScope, within audience: Audience) async -> RecipientResolver {
    var known = Known(ownWords: reach.ownWords, audience: audience, terminalUse: reach.terminals)
    if reach.terminals != .no {
      known.terminals = await programs.terminals(of: directory.sessions().filter { audience.covers($0.user) })
    }
    known.groups = await groups(in: reach.recipients, among: await directory.sessions().map(\.user))
    known.accounts = await accounts(in: reach.recipients.filter { !reach.ownWords.contains($0) }, known)
    let meant = await mayBeReached(by: reach.recipients, known)
    await directory.refreshDoubtfulStates(of: meant)
    let desktops = await programs.desktops(on: meant)
    // Done last, so that no session ends unnoticed while others are asked about.
    return await resolver(known) { desktops.contains($0.id) }
  }

  /// Returns the sessions that recipients reach if each session on a terminal has a display, or if none has.
  private func mayBeReached(by recipients: [String], _ known: Known) async -> [LoginSession] {
    let desktops = await resolver(known) { _ in true }.resolve(recipients).targets
    guard known.terminalUse != .no else { return desktops }
    let ids = Set(desktops.map(\.id))
    let others = await resolver(known) { _ in false }.resolve(recipients).targets
    return desktops + others.filter { !ids.contains($0.id) }
  }

  /// Returns some sessions, adding to those on terminals which ones these are, if messages are written there.
  private func withTerminals(_ sessions: [LoginSession], _ use: TerminalUse) async -> [LoginSession] {
    guard use != .no else { return sessions }
    let terminals = await programs.terminals(of: sessions)
    return sessions.map { $0.with(terminal: terminals[$0.id]) }
  }

  /// Returns some sessions, adding to those on terminals whether their programs have a display.
  func withDisplays(_ sessions: [LoginSession]) async -> [LoginSession] {
    let desktops = await programs.desktops(on: sessions)
    return sessions.map { $0.with(display: desktops.contains($0.id)) }
  }

  /// The known facts about recipients, besides the sessions.
  private struct Known {
    var ownWords: Set<String>
    var audience: Audience
    var terminalUse: TerminalUse
    var terminals: [String: String] = [:]
    var groups: [String: Set<String>] = [:]
    var accounts: Set<String> = []
  }

  private func resolver(_ known: Known, hasDisplay: (LoginSession) -> Bool) async -> RecipientResolver {
    RecipientResolver(
      sessions: await directory.sessions().map {
        $0.with(display: hasDisplay($0)).with(terminal: known.terminals[$0.id])
      }, groups: known.groups, accounts: known.accounts, ownWords: known.ownWords, audience: known.audience,
      terminals: known.terminalUse)
  }

  /// Returns the recipients that are names of users who are not logged in, if that makes a difference to their meaning.
  private func accounts(in recipients: [String], _ known: Known) async -> Set<String> {
    let names = await resolver(known) { _ in true }.doubtfulNames(in: recipients)
    return names.isEmpty ? [] : await users.existing(of: names)
  }

  /// Returns the members of the groups that recipients name, as far as they are among some users.
  func groups(in recipients: [String], among users: [User]) async -> [String: Set<String>] {
    var groups: [String: Set<String>] = [:]
    for group in RecipientResolver.groupNames(in: recipients) where groups[group] == nil {
      groups[group] = await self.users.members(ofGroup: group, among: users)
    }
    return groups
  }
}

extension LoginSession {
  /// Returns the same session, with or without a display.
  fileprivate func with(display hasDisplay: Bool) -> LoginSession {
    guard isOnTerminal else { return self }
    var session = self
    session.hasDisplay = hasDisplay
    return session
  }

  /// Returns the same session with a terminal, unless it is a desktop.
  fileprivate func with(terminal: String?) -> LoginSession {
    guard isTextual else { return self }
    var session = self
    session.terminal = terminal
    return session
  }
}
