internal import MessengerContract

/// How far a message goes, by the words of its recipients and what is the sender's own: nothing about others is looked up.
struct Reach: Sendable, Equatable {
  /// The recipients, as the sender wrote them, each once.
  let recipients: [String]
  /// Those that are the sender's own name or sessions. They mean nobody else, even where somebody goes by that name, too.
  let ownWords: Set<String>
  /// Whose sessions those are.
  let ownUID: UInt32?

  /// The reach of root, to whom nothing is foreign.
  init(ofRoot recipients: [String]) {
    self.recipients = recipients
    ownWords = []
    ownUID = nil
  }

  /// The reach of a user.
  ///
  /// - Parameters:
  ///   - recipients: whom they wrote.
  ///   - caller: the user.
  ///   - name: their user name.
  ///   - ownSessions: their sessions, and nobody else's.
  init(of recipients: [String], by caller: Caller, named name: String, ownSessions: [Session]) {
    let resolver = RecipientResolver(sessions: ownSessions, ignoresCase: false)
    self.recipients = recipients
    ownUID = caller.uid
    ownWords = Set(
      recipients.filter { word in
        [name, "user:" + name].contains(word) || !RecipientResolver.meansMany(word) && resolver.knows(word)
      })
  }

  /// What the sender must be allowed to do.
  var action: PolkitAction {
    switch foreignWords.count {
    case 0: .sendOwn
    case 1 where !RecipientResolver.meansMany(foreignWords[0]): .sendUser
    default: .broadcast
    }
  }

  /// Whom the message is for beyond the sender's own sessions, in a few words.
  var description: String { description { $0 } }

  /// The same for a dialogue that somebody else reads, and types a password into: words that can't pass for its own text or
  /// mark it up (polkit's agents differ in what they take for markup).
  var caption: String { description(Self.harmless) }

  private static let namedAtMost = 5
  /// How much of a word a dialogue shows, in Unicode code points.
  private static let captionLimit = 40

  /// The recipients that may mean others.
  private var foreignWords: [String] { recipients.filter { !ownWords.contains($0) } }

  private func description(_ spell: (String) -> String) -> String {
    if foreignWords.isEmpty { return "their own sessions" }
    if foreignWords.contains(Messenger.everyone) { return "everyone" }
    let rest = foreignWords.count - Self.namedAtMost
    return foreignWords.prefix(Self.namedAtMost).map(spell).joined(separator: ", ")
      + (rest > 0 ? " and \(rest) more" : "")
  }

  private static func harmless(_ word: String) -> String {
    var text = String.UnicodeScalarView()
    for scalar in word.unicodeScalars.prefix(captionLimit) { text.append(isHarmless(scalar) ? scalar : "\u{FFFD}") }
    // A rule may compare it: what is cut must not look like another, whole word.
    return String(text) + (word.unicodeScalars.count > captionLimit ? "…" : "")
  }

  private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || "0123456789*+-./:?@[]\\_".unicodeScalars.contains(scalar)
  }
}
