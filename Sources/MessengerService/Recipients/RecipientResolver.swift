internal import MessengerContract

/// Finds the sessions that recipients mean (DESIGN of the recipients: the interface's XML, `Send`).
struct RecipientResolver {
  /// Whom the recipients mean.
  struct Resolution: Equatable {
    /// The graphical sessions, each once.
    var targets: [LoginSession] = []
    /// The recipients that mean nobody who can be reached, with the reason.
    var failures: [Failure] = []
    /// By the ids of sessions, the recipients that are the names of their users in another case.
    var respelled: [String: String] = [:]

    /// Why nobody is reached, of each recipient on a line of its own; `nil` where somebody is.
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

  /// How a recipient says what it means.
  enum Kind: String, CaseIterable {
    case user, session, id, group
  }

  /// All sessions that may be found, in the order in which they are to be reported.
  let sessions: [LoginSession]
  /// The members of a group, by its name; `nil` where there is no such group. Only asked for `group:`.
  var groups: [String: Set<String>] = [:]
  /// The names of users who need not be logged in: they mean no session, and nobody whose name is like them.
  var accounts: Set<String> = []
  /// Whether a user's name may be written in another case.
  var ignoresCase = true
  /// The recipients that mean sessions of one user only.
  var ownWords: Set<String> = []
  /// Whom anything may reach. Of a recipient that means others, they are not there.
  var audience = Audience.everybody

  /// The sessions of all recipients together.
  func resolve(_ recipients: [String]) -> Resolution {
    var resolution = Resolution()
    var found: Set<String> = []
    for recipient in recipients {
      var meaning = meaning(of: recipient)
      meaning.sessions.removeAll { !audience.covers($0.user) }
      switch reachable(meaning, by: recipient) {
      case .success(let sessions):
        let new = sessions.filter { found.insert($0.id).inserted }
        resolution.targets += new
        if meaning.isRespelled { for session in new { resolution.respelled[session.id] = recipient } }
      case .failure(let error): resolution.failures.append(Failure(recipient: recipient, error: error))
      }
    }
    return resolution
  }

  /// The users whom a recipient reaches or, where it reaches none of them, whom it means all the same. None if it means
  /// nobody.
  func users(of recipient: String) -> [User] {
    let meant = meaning(of: recipient).sessions
    let targets = meant.filter(\.isGraphical)
    return (targets.isEmpty ? meant : targets).map(\.user)
  }

  /// The recipients that are no names of users who are logged in, and all the same mean somebody, unless there is an
  /// account of that name: see ``accounts``.
  func doubtfulNames(in recipients: [String]) -> Set<String> {
    var names: Set<String> = []
    for recipient in recipients {
      let (kind, name) = Self.split(recipient)
      guard kind == nil || kind == .user, !NamePattern(name).hasWildcards else { continue }
      if !sessions.contains(where: { $0.user.name == name }), knows(recipient) { names.insert(name) }
    }
    return names
  }

  /// The names of the groups that recipients ask for.
  static func groupNames(in recipients: [String]) -> [String] {
    recipients.compactMap { recipient in
      let (kind, name) = split(recipient)
      return kind == .group ? name : nil
    }
  }

  /// Whether a recipient may mean several users by one word: everyone, a pattern, a group.
  static func meansMany(_ recipient: String) -> Bool {
    let (kind, name) = split(recipient)
    return kind == .group || NamePattern(name).hasWildcards
  }

  /// The user's name that a recipient is, whoever is logged in: `nil` where it may mean a session, and so another user,
  /// or several of them.
  static func userName(_ recipient: String) -> String? {
    let (kind, name) = split(recipient)
    guard !meansMany(recipient), kind == .user || kind == nil && !SessionNameShape.isSession(name) else { return nil }
    return name
  }

  /// A recipient without what says what it means.
  static func bareName(_ recipient: String) -> String { split(recipient).1 }

  /// Whether a recipient means any of the sessions, be it on a desktop or not.
  func knows(_ recipient: String) -> Bool { !meaning(of: recipient).sessions.isEmpty }

  /// The sessions that a recipient means, on a desktop or not.
  private struct Meaning {
    var sessions: [LoginSession] = []
    /// Whether the recipient is their user's name in another case.
    var isRespelled = false
    /// The users who claim one display, where there are several: whose it is, nobody knows, and it means none of them.
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

  /// The users whose sessions go by a display, where there are several. Any session can tell logind that a display is
  /// its own (org.freedesktop.login1(5), `SetDisplay`); terminals and seats are logind's word.
  private static func claimants(of name: String, among sessions: [LoginSession]) -> [String] {
    guard SessionNameShape.isDisplay(name) else { return [] }
    let names = sessions.filter(\.isGraphical).map(\.user.name).unique
    return names.count > 1 ? names.sorted() : []
  }

  /// The sessions of the user whose name differs in case only; none where that is more than one.
  private func sessions(ofUserLike folded: String, _ recipient: String) -> [LoginSession] {
    let meant = sessions.filter { isOpen($0, to: recipient) && $0.user.name.lowercased() == folded }
    return meant.allSatisfy { $0.user.name == meant[0].user.name } ? meant : []
  }

  /// Of the sessions that a recipient means, those on desktops.
  private func reachable(_ meaning: Meaning, by recipient: String) -> Result<[LoginSession], MessengerError> {
    let targets = meaning.sessions.filter(\.isGraphical)
    guard targets.isEmpty else { return .success(targets) }
    guard meaning.claimants.isEmpty else {
      let users = "\(Enumeration(meaning.claimants))"
      return .failure(
        MessengerError(.invalidArgument, "\(recipient) is several users' display (\(users)): name the user"))
    }
    if recipient == Messenger.everyone {
      return .failure(MessengerError(.noSession, "nobody is logged in to a desktop"))
    }
    guard !meaning.sessions.isEmpty else {
      return .failure(MessengerError(.noSuchRecipient, "\(recipient) does not exist or is disconnected"))
    }
    return .failure(
      MessengerError(.noSession, DesktopAbsence(of: meaning.sessions, whom: recipient).description))
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

  /// A recipient without its prefix, and what the prefix says.
  private static func split(_ recipient: String) -> (Kind?, String) {
    for kind in Kind.allCases where recipient.hasPrefix(kind.rawValue + ":") {
      return (kind, String(recipient.dropFirst(kind.rawValue.count + 1)))
    }
    return (nil, recipient)
  }
}
