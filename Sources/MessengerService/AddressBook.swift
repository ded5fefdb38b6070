internal import GBus
internal import MessengerContract

/// Knows whom a message may be for: sessions from logind, names and groups from the user database.
@MainLoop
struct AddressBook {
  let directory: SessionDirectory
  let users: UserDatabase
  let programs = SessionPrograms()

  /// The sessions of a caller's own.
  func ownSessions(of caller: Caller) async -> [Session] {
    await directory.sessions().filter { $0.user.uid == caller.uid }
  }

  /// The caller's user name; a text with the uid where it isn't known.
  func name(of caller: Caller) async -> String {
    if caller.isRoot { return "root" }
    if let own = await ownSessions(of: caller).first { return own.user.name }
    return await users.name(uid: caller.uid) ?? "uid \(caller.uid)"
  }

  /// How far a caller's message goes, by its recipients.
  func reach(of recipients: [String], by caller: Caller, named name: String) async -> Reach {
    guard !caller.isRoot else { return Reach(ofRoot: recipients) }
    return Reach(of: recipients, by: caller, named: name, ownSessions: await ownSessions(of: caller))
  }

  /// The sessions that recipients mean, none of which is about to end.
  func resolve(_ reach: Reach) async -> RecipientResolver.Resolution {
    let groups = await groups(in: reach.recipients)
    let meant = await resolve(reach, groups) { _ in true }.targets
    await directory.refreshDoubtfulStates(of: meant)
    let desktops = await programs.desktops(on: meant)
    // Last, so that no session ends unnoticed while others are asked.
    return await resolve(reach, groups) { desktops.contains($0.id) }
  }

  /// Some sessions, those on terminals with the display that their programs have.
  func withDisplays(_ sessions: [Session]) async -> [Session] {
    let desktops = await programs.desktops(on: sessions)
    return sessions.map { $0.with(display: desktops.contains($0.id)) }
  }

  private func resolve(
    _ reach: Reach, _ groups: [String: Set<String>], hasDisplay: (Session) -> Bool
  ) async -> RecipientResolver.Resolution {
    RecipientResolver(
      sessions: await directory.sessions().map { $0.with(display: hasDisplay($0)) }, groups: groups,
      ownWords: reach.ownWords, ownUID: reach.ownUID
    ).resolve(reach.recipients)
  }

  private func groups(in recipients: [String]) async -> [String: Set<String>] {
    var groups: [String: Set<String>] = [:]
    for group in RecipientResolver.groupNames(in: recipients) where groups[group] == nil {
      groups[group] = await users.members(ofGroup: group, among: await directory.sessions().map(\.user))
    }
    return groups
  }
}

extension Session {
  /// The same session, with or without a display.
  fileprivate func with(display hasDisplay: Bool) -> Session {
    guard isOnTerminal else { return self }
    var session = self
    session.hasDisplay = hasDisplay
    return session
  }
}
