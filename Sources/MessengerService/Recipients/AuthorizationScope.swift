internal import MessengerContract

/// How far a message goes, by the words of its recipients and what is the sender's own: nothing about others is looked
/// up.
struct AuthorizationScope: Sendable, Equatable {
  /// The recipients, as the sender wrote them, each once.
  let recipients: [String]
  /// Those that are the sender's own name or sessions. They mean nobody else, even where somebody goes by that name,
  /// too.
  let ownWords: Set<String>
  /// Whose sessions those are; `nil` for root.
  let sender: Audience.User?

  /// The reach of root, to whom nothing is foreign.
  init(ofRoot recipients: [String]) {
    self.recipients = recipients
    ownWords = []
    sender = nil
  }

  /// The reach of a user.
  ///
  /// - Parameters:
  ///   - recipients: whom they wrote.
  ///   - caller: the user.
  ///   - name: their user name.
  ///   - ownSessions: their sessions, and nobody else's.
  init(of recipients: [String], by caller: Caller, named name: String, ownSessions: [LoginSession]) {
    let resolver = RecipientResolver(sessions: ownSessions, ignoresCase: false)
    self.recipients = recipients
    sender = Audience.User(uid: caller.uid, name: name)
    ownWords = Set(
      recipients.filter { word in
        [name, "user:" + name].contains(word) || !RecipientResolver.meansMany(word) && resolver.knows(word)
      })
  }

  /// Whom the message may reach, where the words alone say it: each is somebody's name. `nil` where one of them may
  /// mean anybody, such as who is at a seat.
  var audience: Audience? {
    let names = foreignWords.map(RecipientResolver.userName)
    guard !names.contains(nil) else { return nil }
    return audience(names: Set(names.compactMap(\.self)), alike: names.compactMap { $0?.lowercased() })
  }

  /// Whom the message may reach where nobody is to learn whom the words mean: as good as everybody.
  var anybody: Audience { Audience(action: .broadcast, names: nil, sender: sender) }

  /// Whom the message reaches, as things are.
  ///
  /// - Parameter resolver: knows the sessions.
  /// - Returns: the users.
  func audience(of resolver: RecipientResolver) -> Audience {
    var (names, alike): (Set<String>, [String]) = ([], [])
    for word in foreignWords {
      let users = resolver.users(of: word)
      names.formUnion(users.lazy.filter { $0.uid != sender?.uid }.map(\.name))
      guard users.isEmpty, !RecipientResolver.meansMany(word) else { continue }
      // Who is not there may come before the message does.
      let name = RecipientResolver.bareName(word)
      names.insert(name)
      alike.append(name.lowercased())
    }
    return audience(names: names, alike: alike)
  }

  /// The users by their names.
  ///
  /// - Parameters:
  ///   - names: the users whom the words mean.
  ///   - alike: names that stand for these where there is no such user.
  /// - Returns: the users, with what it takes to message them.
  private func audience(names: Set<String>, alike: [String]) -> Audience {
    let isForMany = foreignWords.contains(where: RecipientResolver.meansMany)
    let action: PolkitAction? = isForMany || names.count > 1 ? .broadcast : names.isEmpty ? nil : .sendUser
    return Audience(action: action, names: names.union(alike), sender: sender)
  }

  /// Whom the message is for beyond the sender's own sessions, in a few words.
  var description: String { description { $0 } }

  /// The same for a dialogue that somebody else reads, and types a password into: see
  /// ``CharacterPolicy/passwordDialogue``. A rule may compare it, so a word that is cut doesn't look like another,
  /// whole one.
  var caption: String { description { CharacterPolicy.passwordDialogue.beginning(of: $0, atMost: Self.captionLimit) } }

  private static let namedAtMost = 5
  /// How much of a word a dialogue shows, in Unicode code points.
  private static let captionLimit = 40

  /// The recipients that may mean others.
  private var foreignWords: [String] { recipients.filter { !ownWords.contains($0) } }

  private func description(_ spell: (String) -> String) -> String {
    if foreignWords.isEmpty { return "their own sessions" }
    if foreignWords.contains(Messenger.everyone) { return "everyone" }
    return "\(Enumeration(foreignWords.lazy.map(spell), most: Self.namedAtMost))"
  }
}
