internal import MessengerContract

/// Finds the sessions that recipients mean (the interface's XML specifies recipients, in `Send`).
struct RecipientResolver {
  /// The outcome for all recipients.
  struct Resolution: Equatable {
    /// The sessions that are reached, each once.
    var targets: [LoginSession] = []
    /// The recipients that mean nobody who can be reached, with the reason.
    var failures: [Failure] = []
    /// For sessions, by id, the recipient that is their user's name in another case.
    var respelled: [String: String] = [:]

    /// The error if nobody is reached, with a line for each reason; `nil` if somebody is.
    var objection: MessengerError? {
      guard targets.isEmpty, let first = failures.first else { return nil }
      let reasons = failures.map(\.error.message).unique
      guard reasons.count > 1 else { return first.error }
      let codes = Set(failures.map(\.error.code))
      let code = [.unavailable, .invalidArgument, .noSession].first(where: codes.contains) ?? .noSuchRecipient
      return MessengerError(code, "\(Enumeration(reasons, separator: "\n"))")
    }
  }

  /// A recipient that could not be resolved.
  struct Failure: Equatable {
    var recipient: String
    var error: MessengerError
  }

  /// The kind of thing that a recipient's prefix says it means.
  enum Kind: String, CaseIterable {
    case user, session, id, group
  }

  /// All sessions that recipients may mean, in the order in which they are reported.
  let sessions: [LoginSession]
  /// The members of groups, by the groups' names. It has only the groups that a `group:` names. A group that doesn't
  /// exist has no members.
  var groups: [String: Set<String>] = [:]
  /// The names of users who need not be logged in. Such a name means no session of that name, and no user with a
  /// similar name.
  var accounts: Set<String> = []
  /// Whether a user's name may be written in another case.
  var ignoresCase = true
  /// The recipients that mean only the sessions of one user.
  var ownWords: Set<String> = []
  /// The users whom the message may reach. A recipient finds nobody else.
  var audience = Audience.everybody
  /// Whether sessions on terminals are reached.
  var terminals = TerminalUse.no

  /// Returns the sessions of all recipients together.
  func resolve(_ recipients: [String]) -> Resolution {
    var resolution = Resolution()
    var found: Set<String> = []
    for recipient in recipients {
      var meaning = meaning(of: recipient)
      meaning.sessions.removeAll { !audience.covers($0.user) }
      // Nothing can be written there, and an administrator's own terminal is no failure of a message to everyone.
      if Self.meansMany(recipient) { meaning.sessions.removeAll { $0.user.uid == 0 && !$0.isGraphical } }
      switch reachable(meaning, by: recipient) {
      case .success(let sessions):
        let new = sessions.filter { found.insert($0.id).inserted }
        resolution.targets += new
        if meaning.isRespelled { for session in new { resolution.respelled[session.id] = recipient } }
      case .failure(let error): resolution.failures.append(Failure(recipient: recipient, error: error))
      }
    }
    resolution.targets = Self.withoutRepetitions(resolution.targets)
    return resolution
  }

  /// Leaves out the terminals of users who are reached on a desktop.
  private static func withoutRepetitions(_ targets: [LoginSession]) -> [LoginSession] {
    let users = Set(targets.filter(\.isGraphical).map(\.user.uid))
    return targets.filter { $0.isGraphical || !users.contains($0.user.uid) }
  }

  /// Whether a session can be reached, of those that a recipient means.
  private func isReachable(_ session: LoginSession) -> Bool {
    switch terminals {
    case .no: session.isGraphical
    case .too: session.isGraphical || session.terminal != nil
    case .only: session.terminal != nil
    }
  }

  /// Returns the users whom a recipient reaches; if it reaches none, those whom it means. None if it means nobody.
  func users(of recipient: String) -> [User] {
    let meant = meaning(of: recipient).sessions
    let targets = meant.filter(isReachable)
    return (targets.isEmpty ? meant : targets).map(\.user)
  }

  /// Returns the recipients that aren't names of logged-in users but still mean somebody, unless there is an account of
  /// that name: see ``accounts``.
  func doubtfulNames(in recipients: [String]) -> Set<String> {
    var names: Set<String> = []
    for recipient in recipients {
      let (kind, name) = Self.split(recipient)
      guard kind == nil || kind == .user, !NamePattern(name).hasWildcards else { continue }
      if !sessions.contains(where: { $0.user.name == name }), knows(recipient) { names.insert(name) }
    }
    return names
  }

  /// Returns the names of the groups that recipients mean.
  static func groupNames(in recipients: [String]) -> [String] {
    recipients.compactMap { recipient in
      let (kind, name) = split(recipient)
      return kind == .group ? name : nil
    }
  }

  /// Whether a recipient may mean several users with one word: everyone, a pattern, a group.
  static func meansMany(_ recipient: String) -> Bool {
    let (kind, name) = split(recipient)
    return kind == .group || NamePattern(name).hasWildcards
  }

  /// Whether a recipient may mean users, and not sessions alone.
  static func meansUsers(_ recipient: String) -> Bool { ![.session, .id].contains(split(recipient).0) }

  /// Returns the user's name that a recipient is, whoever is logged in; `nil` if it may mean a session, and so another
  /// user, or several users.
  ///
  /// - Parameters:
  ///   - recipient: the recipient, as the sender wrote it.
  ///   - evenIfSession: whether a word without a prefix counts that may also be a session's name.
  /// - Returns: the name.
  static func userName(_ recipient: String, evenIfSession: Bool = false) -> String? {
    let (kind, name) = split(recipient)
    let isName = evenIfSession || !SessionNameShape.isSession(name)
    guard !meansMany(recipient), kind == .user || kind == nil && isName else { return nil }
    return name
  }

  /// Returns a recipient without its prefix.
  static func bareName(_ recipient: String) -> String { split(recipient).1 }

  /// Whether a recipient means any session, on a desktop or not.
  func knows(_ recipient: String) -> Bool { !meaning(of: recipient).sessions.isEmpty }

  /// The sessions that a recipient means, on a desktop or not.
  private struct Meaning {
    var sessions: [LoginSession] = []
    /// Whether the recipient is their user's name in another case.
    var isRespelled = false
    /// The users who claim one display, if there are several. Nobody knows whose it is, so the recipient means none of
    /// them.
    var claimants: [String] = []
  }

  private func meaning(of recipient: String) -> Meaning {
    guard recipient != Messenger.everyone else { return Meaning(sessions: sessions) }
    let (kind, name) = Self.split(recipient)
    let (pattern, folded) = (NamePattern(name), NamePattern(name.lowercased()))
    let isAccount = accounts.contains(name)
    let kinds: [Kind] = kind.map { [$0] } ?? (isAccount ? [.user] : [.user, .session, .id])
    for kind in kinds {
      let meant = sessions.filter {
        isOpen($0, to: recipient) && matches($0, kind, kind == .session ? folded : pattern)
      }
      guard !meant.isEmpty else { continue }
      let claimants = kind == .session ? Self.claimants(of: folded.text, among: meant) : []
      return claimants.isEmpty ? Meaning(sessions: meant) : Meaning(claimants: claimants)
    }
    guard ignoresCase, !isAccount, kinds.contains(.user), !pattern.hasWildcards else { return Meaning() }
    return Meaning(sessions: sessions(ofUserLike: folded.text, recipient), isRespelled: true)
  }

  /// Returns the users whose sessions claim a display, if there are several. Any session can tell logind that a display
  /// is its own (org.freedesktop.login1(5), `SetDisplay`). Terminals and seats are assigned by logind itself.
  private static func claimants(of name: String, among sessions: [LoginSession]) -> [String] {
    guard SessionNameShape.isDisplay(name) else { return [] }
    let names = sessions.filter(\.isGraphical).map(\.user.name).unique
    return names.count > 1 ? names.sorted() : []
  }

  /// Returns the sessions of the user whose name differs only in case; none if several users' names do.
  private func sessions(ofUserLike folded: String, _ recipient: String) -> [LoginSession] {
    let meant = sessions.filter { isOpen($0, to: recipient) && $0.user.name.lowercased() == folded }
    return meant.allSatisfy { $0.user.name == meant[0].user.name } ? meant : []
  }

  /// Returns the sessions that can be reached among those that a recipient means.
  private func reachable(_ meaning: Meaning, by recipient: String) -> Result<[LoginSession], MessengerError> {
    let targets = meaning.sessions.filter(isReachable)
    guard targets.isEmpty else { return .success(targets) }
    guard meaning.claimants.isEmpty else {
      let users = "\(Enumeration(meaning.claimants))"
      return .failure(
        MessengerError(.invalidArgument, "\(recipient) is several users' display (\(users)): name the user"))
    }
    if recipient == Messenger.everyone {
      return .failure(MessengerError(.noSession, "nobody is logged in \(DesktopAbsence.everywhere(terminals))"))
    }
    guard !meaning.sessions.isEmpty else {
      return .failure(MessengerError(.noSuchRecipient, "\(recipient) does not exist or is disconnected"))
    }
    return .failure(
      MessengerError(.noSession, DesktopAbsence(of: meaning.sessions, whom: recipient, terminals).description))
  }

  private func isOpen(_ session: LoginSession, to recipient: String) -> Bool {
    !ownWords.contains(recipient) || session.user.uid == audience.sender?.uid
  }

  private func matches(_ session: LoginSession, _ kind: Kind, _ pattern: NamePattern) -> Bool {
    switch kind {
    case .user: pattern.matches(session.user.name)
    case .session: session.names.contains(where: pattern.matches)
    case .id: pattern.matches(session.id)
    case .group: groups[pattern.text]?.contains(session.user.name) ?? false
    }
  }

  /// Splits a recipient into what its prefix says and the rest.
  private static func split(_ recipient: String) -> (Kind?, String) {
    for kind in Kind.allCases where recipient.hasPrefix(kind.rawValue + ":") {
      return (kind, String(recipient.dropFirst(kind.rawValue.count + 1)))
    }
    return (nil, recipient)
  }
}
