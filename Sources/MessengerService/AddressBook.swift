internal import GBus
internal import MessengerContract

/// Knows whom a message may be for: sessions from logind, names and groups from the user database.
@MainLoop
struct AddressBook {
  let directory: SessionDirectory
  let users: UserDatabase

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
    await directory.refreshStates(of: await resolve(reach, groups).targets)
    // Last, so that no session ends unnoticed while others are asked.
    return await resolve(reach, groups)
  }

  private func resolve(_ reach: Reach, _ groups: [String: Set<String>]) async -> RecipientResolver.Resolution {
    RecipientResolver(
      sessions: await directory.sessions(), groups: groups, ownWords: reach.ownWords, ownUID: reach.ownUID
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
