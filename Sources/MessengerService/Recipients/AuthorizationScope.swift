internal import MessengerContract

/// How far a message goes, judged only by the words of its recipients and the sender's own names and sessions. Nothing
/// about others is looked up.
struct AuthorizationScope: Sendable, Equatable {
  /// The recipients, as the sender wrote them, each once.
  let recipients: [String]
  /// Those that are the sender's own name or sessions. They mean nobody else, even if somebody else has such a name.
  let ownWords: Set<String>
  /// The user who sends; `nil` for root.
  let sender: Audience.User?
  /// Whether the message is written on terminals.
  let terminals: TerminalUse

  /// Makes the scope of a message from root, for whom no word is foreign.
  init(ofRoot recipients: [String], terminals: TerminalUse = .no) {
    self.recipients = recipients
    self.terminals = terminals
    ownWords = []
    sender = nil
  }

  /// Makes the scope of a message from a user.
  ///
  /// - Parameters:
  ///   - recipients: the recipients as the user wrote them.
  ///   - caller: the user.
  ///   - name: the user's name.
  ///   - ownSessions: the user's sessions, and nobody else's.
  ///   - terminals: whether the message is written on terminals.
  init(
    of recipients: [String], by caller: Caller, named name: String, ownSessions: [LoginSession],
    terminals: TerminalUse = .no
  ) {
    let resolver = RecipientResolver(sessions: ownSessions, ignoresCase: false)
    self.recipients = recipients
    self.terminals = terminals
    sender = Audience.User(uid: caller.uid, name: name)
    ownWords = Set(
      recipients.filter { word in
        [name, "user:" + name].contains(word) || !RecipientResolver.meansMany(word) && resolver.knows(word)
      })
  }

  /// The users whom the message may reach, if each word is somebody's name. `nil` if one of them may mean anybody, such
  /// as the user at a seat.
  var audience: Audience? {
    let names = foreignWords.map { RecipientResolver.userName($0) }
    guard !names.contains(nil) else { return nil }
    return audience(names: Set(names.compactMap(\.self)), alike: names.compactMap { $0?.lowercased() })
  }

  /// The users whom the message may reach when nobody is to learn what the words mean: treated like everybody.
  var anybody: Audience { Audience(action: .broadcast, names: nil, sender: sender) }

  /// Returns the users whom the message reaches at present.
  ///
  /// - Parameter resolver: finds the sessions.
  /// - Returns: the users.
  func audience(of resolver: RecipientResolver) -> Audience {
    var (names, alike): (Set<String>, [String]) = ([], [])
    for word in foreignWords {
      let users = resolver.users(of: word)
      names.formUnion(users.lazy.filter { $0.uid != sender?.uid }.map(\.name))
      guard users.isEmpty, !RecipientResolver.meansMany(word) else { continue }
      // A user who is not logged in may log in before the message is delivered.
      let name = RecipientResolver.bareName(word)
      names.insert(name)
      alike.append(name.lowercased())
    }
    return audience(names: names, alike: alike)
  }

  /// Makes an audience from names.
  ///
  /// - Parameters:
  ///   - names: the users whom the words mean.
  ///   - alike: names that stand for similar ones if there is no such user.
  /// - Returns: the users, with the permission that a message to them needs.
  private func audience(names: Set<String>, alike: [String]) -> Audience {
    let isForMany = foreignWords.contains(where: RecipientResolver.meansMany)
    let action: PolkitAction? = isForMany || names.count > 1 ? .broadcast : names.isEmpty ? nil : .sendUser
    return Audience(action: action, names: names.union(alike), sender: sender)
  }

  /// The recipients other than the sender's own sessions, in a few words.
  var description: String { description { $0 } }

  /// The same for a dialogue that somebody else reads and types a password into: see
  /// ``CharacterPolicy/passwordDialogue``. Rules may compare it, so a word that is cut must not look like another,
  /// whole one.
  var caption: String { description { CharacterPolicy.passwordDialogue.beginning(of: $0, atMost: Self.captionLimit) } }

  private static let namedAtMost = 5
  /// How much of a word a dialogue shows, in Unicode code points.
  private static let captionLimit = 40

  /// The recipients that may mean other users.
  private var foreignWords: [String] { recipients.filter { !ownWords.contains($0) } }

  private func description(_ spell: (String) -> String) -> String {
    if foreignWords.isEmpty { return "their own sessions" }
    if foreignWords.contains(Messenger.everyone) { return "everyone" }
    return "\(Enumeration(foreignWords.lazy.map(spell), most: Self.namedAtMost))"
  }
}
