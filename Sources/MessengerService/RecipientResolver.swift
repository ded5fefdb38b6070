internal import MessengerContract

/// Finds the sessions that recipients mean (DESIGN of the recipients: the interface's XML, `Send`).
struct RecipientResolver {
  /// Whom the recipients mean.
  struct Resolution: Equatable {
    /// The graphical sessions, each once.
    var targets: [Session] = []
    /// The recipients that mean nobody who can be reached, with the reason.
    var failures: [Failure] = []
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
  let sessions: [Session]
  /// The members of a group, by its name; `nil` where there is no such group. Only asked for `group:`.
  var groups: [String: Set<String>] = [:]
  /// The recipients that mean sessions of one user only.
  var ownWords: Set<String> = []
  /// Who that is.
  var ownUID: UInt32?

  /// The sessions of all recipients together.
  func resolve(_ recipients: [String]) -> Resolution {
    var resolution = Resolution()
    var found: Set<String> = []
    for recipient in recipients {
      switch resolve(recipient) {
      case .success(let sessions): resolution.targets += sessions.filter { found.insert($0.id).inserted }
      case .failure(let error): resolution.failures.append(Failure(recipient: recipient, error: error))
      }
    }
    return resolution
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

  /// Whether a recipient means any of the sessions, be it on a desktop or not.
  func knows(_ recipient: String) -> Bool {
    if case .failure(let error) = resolve(recipient) { error.code != .noSuchRecipient } else { true }
  }

  private func resolve(_ recipient: String) -> Result<[Session], MessengerError> {
    if recipient == Messenger.everyone {
      return graphical(of: sessions, else: "nobody is logged in to a desktop")
    }
    let (kind, name) = Self.split(recipient)
    let (pattern, folded) = (NamePattern(name), NamePattern(name.lowercased()))
    let kinds: [Kind] = kind.map { [$0] } ?? [.user, .session, .id]
    for kind in kinds {
      let meant = sessions.filter {
        isOpen($0, to: recipient) && matches($0, kind, kind == .session ? folded : pattern)
      }
      if !meant.isEmpty { return graphical(of: meant, else: Self.noDesktop(name, meant)) }
    }
    return .failure(MessengerError(.noSuchRecipient, "\(recipient) does not exist or is disconnected"))
  }

  private func isOpen(_ session: Session, to recipient: String) -> Bool {
    !ownWords.contains(recipient) || session.user.uid == ownUID
  }

  private func matches(_ session: Session, _ kind: Kind, _ pattern: NamePattern) -> Bool {
    switch kind {
    case .user: pattern.matches(session.user.name)
    case .session: session.names.contains(where: pattern.matches)
    case .id: pattern.matches(session.id)
    case .group: groups[pattern.text]?.contains(session.user.name) ?? false
    }
  }

  private func graphical(of sessions: [Session], else reason: String) -> Result<[Session], MessengerError> {
    let targets = sessions.filter(\.isGraphical)
    return targets.isEmpty ? .failure(MessengerError(.noSession, reason)) : .success(targets)
  }

  private static func noDesktop(_ name: String, _ sessions: [Session]) -> String {
    let others = sessions.map { "session \($0.name) is \($0.sessionClass) on \($0.type), \($0.state)" }
    return "\(name) has no graphical session (\(others.joined(separator: "; ")))"
  }

  /// A recipient without its prefix, and what the prefix says.
  private static func split(_ recipient: String) -> (Kind?, String) {
    for kind in Kind.allCases where recipient.hasPrefix(kind.rawValue + ":") {
      return (kind, String(recipient.dropFirst(kind.rawValue.count + 1)))
    }
    return (nil, recipient)
  }
}
