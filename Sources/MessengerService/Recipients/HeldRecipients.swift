internal import MessengerContract

/// For whom a message is held: users, who need not be logged in, and words that mean whoever comes.
struct HeldRecipients: Equatable {
  /// A user, or a word for whoever comes.
  struct Recipient: Equatable {
    /// The user's name, or the word as the sender wrote it.
    var name: String
    /// The user's uid; `Messenger.noUID` for whoever comes.
    var uid: UInt32
  }

  /// Those for whom it is held, each once.
  private(set) var found: [Recipient] = []
  /// The recipients that are nobody, with the reason.
  private(set) var failures: [RecipientResolver.Failure] = []

  /// Finds the users.
  ///
  /// - Parameters:
  ///   - words: the recipients, as the sender wrote them.
  ///   - uids: the uids of the users among them, by name.
  ///   - groups: those of the groups among them that exist.
  init(_ words: [String], uids: [String: UInt32], groups: Set<String> = []) {
    for word in words {
      if RecipientResolver.meansMany(word), RecipientResolver.meansUsers(word),
        groups.isSuperset(of: RecipientResolver.groupNames(in: [word]))
      {
        found.append(Recipient(name: word, uid: Messenger.noUID))
      } else if let name = Self.userName(word), let uid = uids[name], uid != 0 {
        if !found.contains(where: { $0.uid == uid }) { found.append(Recipient(name: name, uid: uid)) }
      } else {
        let isRoot = Self.userName(word).flatMap { uids[$0] } == 0
        failures.append(RecipientResolver.Failure(recipient: word, error: isRoot ? .ofRoot : Self.objection(to: word)))
      }
    }
  }

  /// Returns the user's name that a word may be, even if a session could have that name; `nil` for a session that is
  /// called one, or for many.
  static func userName(_ word: String) -> String? {
    RecipientResolver.meansMany(word) ? nil : RecipientResolver.userName(word, evenIfSession: true)
  }

  private static func objection(to word: String) -> MessengerError {
    if let group = RecipientResolver.groupNames(in: [word]).first {
      return MessengerError(.noSuchRecipient, "there is no group \(Quotation(group))")
    }
    guard RecipientResolver.userName(word) != nil else {
      return MessengerError(
        .invalidArgument, "\(word) is no user, and messages are held for users: name a user, a group or *")
    }
    return MessengerError(.noSuchRecipient, "\(word) does not exist")
  }

  /// The error if it is held for nobody; `nil` if it is held for somebody.
  var objection: MessengerError? {
    guard found.isEmpty, let first = failures.first else { return nil }
    let texts = failures.map(\.error.message).unique
    return texts.count > 1 ? MessengerError(first.error.code, "\(Enumeration(texts, separator: "\n"))") : first.error
  }

  /// Whether a word that means many means a user.
  ///
  /// - Parameters:
  ///   - word: the word.
  ///   - user: the user.
  ///   - groups: the members of groups among the user alone, by the groups' names.
  /// - Returns: whether it does; false for a word that means one user.
  static func means(_ word: String, _ user: User, groups: [String: Set<String>]) -> Bool {
    guard RecipientResolver.meansMany(word) else { return false }
    if let group = RecipientResolver.groupNames(in: [word]).first { return groups[group]?.contains(user.name) ?? false }
    return NamePattern(RecipientResolver.bareName(word)).matches(user.name)
  }
}

extension MessengerError {
  fileprivate static let ofRoot = MessengerError(
    .noSession, "nothing is held for root: msgd never becomes root, and shows nothing on root's desktops")
}
