import MessengerContract
import Testing

@testable import MessengerService

struct RecipientResolverTests {
  private static let sessions = [
    LoginSession.test("1", of: "ann", uid: 1, seat: "seat0", tty: "tty2", display: ":0"),
    LoginSession.test("2", of: "ann", uid: 1, state: "online", tty: "tty3"),
    LoginSession.test("c3", of: "bob", uid: 2, type: "x11", display: ":7"),
    LoginSession.test("4", of: "cid", uid: 3, type: "tty", tty: "tty5"),
    LoginSession.test("5", of: "gdm", uid: 4, sessionClass: "greeter", seat: "seat1"),
    LoginSession.test("6", of: "dan", uid: 5, state: "closing", tty: "pts/1"),
    // The first one's name is that of another user's session.
    LoginSession.test("7", of: "tty3", uid: 6, tty: "tty8"), LoginSession.test("8", of: "eva", uid: 7, tty: "hvc8"),
  ]
  private static let resolver = RecipientResolver(
    sessions: sessions, groups: ["staff": ["ann", "bob", "cid"], "quiet": ["cid", "dan"], "empty": []])

  @Test(
    arguments: [
      (["ann"], ["1", "2"]), (["user:ann"], ["1", "2"]), (["bob"], ["c3"]), (["tty2"], ["1"]), (["TtY2"], ["1"]),
      ([":0"], ["1"]), (["seat0"], ["1"]), (["SEAT0"], ["1"]), (["console"], ["1"]), (["session:Console"], ["1"]),
      (["session::7"], ["c3"]), (["1"], ["1"]), (["id:2"], ["2"]), (["id:c3"], ["c3"]),
      (["group:staff"], ["1", "2", "c3"]), (["*"], ["1", "2", "c3", "7", "8"]),
    ]) func recipientIsFound(_ recipients: [String], _ ids: [String])
  {
    let resolution = Self.resolver.resolve(recipients)
    #expect(resolution.targets.map(\.id) == ids)
    #expect(resolution.failures.isEmpty)
  }

  @Test(arguments: [
    ("tty3", ["7"]), ("session:tty3", ["2"]), ("c3", ["c3"]), ("id:c3", ["c3"]),
  ]) func userComesBeforeSessionBeforeID(_ recipient: String, _ ids: [String]) {
    #expect(Self.resolver.resolve([recipient]).targets.map(\.id) == ids)
  }

  @Test(
    arguments: [
      ("an*", ["1", "2"]), ("?nn", ["1", "2"]), ("*a*", ["1", "2", "8"]), ("user:*", ["1", "2", "c3", "7", "8"]),
      ("tty?", ["7"]), ("session:tty?", ["1", "2", "7"]), ("session:TTY*", ["1", "2", "7"]), ("SEAT?", ["1"]),
      ("con*", ["1"]), (":*", ["1", "c3"]), ("id:?", ["1", "2", "7", "8"]), ("?3", ["c3"]), ("id:?3", ["c3"]),
      ("session:*", ["1", "2", "c3", "7", "8"]), ("id:*", ["1", "2", "c3", "7", "8"]),
    ]) func wildcardsFindAllOfTheFirstKind(_ recipient: String, _ ids: [String])
  {
    let resolution = Self.resolver.resolve([recipient])
    #expect(resolution.targets.map(\.id) == ids && resolution.failures.isEmpty)
  }

  @Test(
    arguments: [
      (["ann", "ann"], ["1", "2"]), (["tty3", "id:2", "ann"], ["7", "2", "1"]),
      (["id:2", "*"], ["2", "1", "c3", "7", "8"]),
      (["tty2", ":0", "seat0", "console", "1"], ["1"]), (["bob", "group:staff"], ["c3", "1", "2"]),
    ]) func sessionIsMeantOnce(_ recipients: [String], _ ids: [String])
  {
    #expect(Self.resolver.resolve(recipients).targets.map(\.id) == ids)
  }

  private static let cid = "cid is logged in, but not on a desktop: session tty5 is a terminal"
  private static let dan = "dan is logged in, but not on a desktop: session pts/1 is about to end"
  private static let gdm = "gdm is logged in, but not on a desktop: session seat1 is a login screen"

  @Test(
    arguments: [
      ("cid", cid), ("Cid", "Cid: " + cid), ("tty5", "tty5: " + cid), ("id:4", "id:4: " + cid), ("gdm", gdm),
      ("seat1", "seat1: " + gdm), ("user:dan", "user:dan: " + dan), ("session:PTS/1", "session:PTS/1: " + dan),
      (
        "group:quiet",
        "group:quiet: nobody of them is on a desktop: cid's session tty5 is a terminal; "
          + "dan's session pts/1 is about to end"
      ), ("ci*", "ci*: " + cid), ("session:pts/?", "session:pts/?: " + dan),
    ] as [(String, String)]) func noDesktopIsNoSession(_ recipient: String, _ reason: String) throws
  {
    let resolution = Self.resolver.resolve([recipient])
    let failure = try #require(resolution.failures.first)
    #expect(resolution.targets.isEmpty && resolution.failures.count == 1)
    #expect(failure.recipient == recipient && failure.error.code == .noSession)
    #expect(failure.error.message == reason)
  }

  @Test(
    arguments: [
      ("user", "tty", "is a terminal"), ("user-light", "web", "is in a web browser"), ("user", "", "has no screen"),
      ("user", "unspecified", "has no screen"), ("background", "unspecified", "is in the background"),
      ("lock-screen", "x11", "is a lock screen"),
      ("user-incomplete", "wayland", "is not logged in yet"),
    ]) func aSessionIsToldInWords(_ sessionClass: String, _ type: String, _ words: String)
  {
    let session = LoginSession.test("c4", of: "dan", type: type, sessionClass: sessionClass, state: "opening")
    #expect(
      DesktopAbsence(of: [session], whom: "dan").description
        == "dan is logged in, but not on a desktop: session c4 \(words)")
  }

  @Test func manySessionsAreCounted() {
    let sessions = (1...9).map { LoginSession.test("\($0)", type: "tty") }
    let description = DesktopAbsence(of: sessions, whom: "ann").description
    #expect(description.hasSuffix("session 5 is a terminal; and 4 more"))
  }

  @Test func noDesktopAtAllIsNoSession() {
    let resolution = RecipientResolver(sessions: []).resolve(["*"])
    #expect(resolution.failures.map(\.error.code) == [.noSession])
  }

  /// As on Windows, if no user has exactly this name.
  @Test(
    arguments: [
      ("Ann", ["1", "2"]), ("user:ANN", ["1", "2"]), ("BOB", ["c3"]), ("TTY3", ["2"]),
      ("user:Tty3", ["7"]),
    ]) func aUsersNameMayBeInAnotherCase(_ recipient: String, _ ids: [String])
  {
    let resolution = Self.resolver.resolve([recipient])
    #expect(resolution.targets.map(\.id) == ids)
    #expect(resolution.respelled.values.allSatisfy { $0 == recipient })
    #expect(Set(resolution.respelled.keys) == (recipient == "TTY3" ? [] : Set(ids)))
  }

  @Test func aNameInAnotherCaseIsOneUsers() {
    let both = [LoginSession.test("1", of: "Ann", uid: 1), LoginSession.test("2", of: "ann", uid: 2)]
    func ids(_ recipient: String) -> [String] {
      RecipientResolver(sessions: both).resolve([recipient]).targets.map(\.id)
    }
    #expect(ids("Ann") == ["1"] && ids("ann") == ["2"] && ids("ANN") == [] && ids("AN*") == [])
    #expect(RecipientResolver(sessions: [both[1]]).resolve(["ANN"]).targets.count == 1)
    #expect(RecipientResolver(sessions: [both[1]], accounts: ["ANN"]).resolve(["ANN"]).targets.isEmpty)
    #expect(RecipientResolver(sessions: [both[1]], ignoresCase: false).resolve(["ANN"]).targets.isEmpty)
  }

  /// A user whose name is also a session's gets the messages for that name, or nobody does.
  @Test(arguments: ["tty8", "7", "TTY8"]) func aUsersNameIsNoSessions(_ name: String) {
    #expect(Self.resolver.doubtfulNames(in: [name, "ann", "eve", "session:tty8", "id:7", "tty?"]) == [name])
    #expect(Self.resolver.resolve([name]).targets.map(\.id) == ["7"])
    var resolver = Self.resolver
    resolver.accounts = [name]
    #expect(resolver.resolve([name]).failures.map(\.error.code) == [.noSuchRecipient])
    #expect(resolver.resolve(["session:tty8"]).targets.map(\.id) == ["7"])
  }

  /// A session itself says which display it has.
  @Test func aDisplayOfSeveralUsersIsNobodys() throws {
    func resolver(_ state: String, ownWords: Set<String> = []) -> RecipientResolver {
      RecipientResolver(
        sessions: Self.sessions + [.test("9", of: "eva", uid: 7, state: state, display: ":0")], ownWords: ownWords,
        audience: Audience(action: nil, names: nil, sender: .init(uid: 7, name: "eva")))
    }
    for word in [":0", "session::0"] {
      let resolution = resolver("active").resolve([word, "eva"])
      #expect(resolution.targets.map(\.id) == ["8", "9"])
      let error = try #require(resolution.failures.first?.error)
      #expect(error.code == .invalidArgument)
      #expect(resolver("active").resolve(["nobody", word]).objection?.code == .invalidArgument)
      #expect(error.message == "\(word) is several users' display (ann, eva): name the user")
      // A word of a user whom no message reaches means nobody else.
      #expect(resolver("closing").resolve([word]).targets.map(\.id) == ["1"])
      #expect(resolver("active", ownWords: [word]).resolve([word]).targets.map(\.id) == ["9"])
    }
  }

  @Test func eachOfSeveralWhoAreNotThereIsNamed() {
    let unknown = Self.resolver.resolve(["eve", "zoe"])
    #expect(
      unknown.objection
        == MessengerError(
          .noSuchRecipient, "eve does not exist or is disconnected\nzoe does not exist or is disconnected"))
    #expect(Self.resolver.resolve(["eve", "cid"]).objection?.code == .noSession)
    #expect(Self.resolver.resolve(["cid"]).objection == MessengerError(.noSession, Self.cid))
    #expect(Self.resolver.resolve(["eve", "ann"]).objection == nil)
  }

  @Test(arguments: [(10, 10), (11, 11), (12, 11), (999, 11)]) func tenAreNamed(_ count: Int, _ lines: Int) throws {
    let text = try #require(Self.resolver.resolve((1...count).map { "x\($0)x" }).objection?.message)
    #expect(text.split(separator: "\n").count == lines)
    #expect(text.hasSuffix("\nand \(count - 10) more") == (count > 11))
  }

  @Test(arguments: [
    "eve", "user:tty2", "user:eve", "session:ann", "session:2", "session:", "user:", "id:", "id:tty2", "C1",
    "id:C3", "group:none", "group:empty", "group:", "User:ann", "tty", " ann", "x*", "an?n",
    "user:tty?2", "session:an*", "id:???", "id:C*", "group:*", "group:st?ff", "User:*",
  ]) func unknownIsNoSuchRecipient(_ recipient: String) {
    let error = MessengerError(.noSuchRecipient, "\(recipient) does not exist or is disconnected")
    #expect(Self.resolver.resolve([recipient]) == .init(failures: [.init(recipient: recipient, error: error)]))
  }

  @Test func knownAndUnknownAreTold() {
    let resolution = Self.resolver.resolve(["eve", "bob", "cid", "id:2"])
    #expect(resolution.targets.map(\.id) == ["c3", "2"])
    #expect(resolution.failures.map(\.recipient) == ["eve", "cid"])
    #expect(resolution.failures.map(\.error.code) == [.noSuchRecipient, .noSession])
  }

  /// A session about which logind gives no answer may belong to a recipient that wasn't found, and is one of
  /// everyone's.
  @Test func whoIsNotFoundMayBeThereAllTheSame() {
    let recipients = ["eve", "bob", "cid", "*", "ti*", "group:staff", "id:2"]
    let resolution = Self.resolver.resolve(recipients)
    #expect(resolution.doubting(recipients, for: [:]) == resolution)
    let doubted = resolution.doubting(recipients, for: ["9": "it hangs", "12": "no such property"])
    #expect(doubted.targets == resolution.targets)
    #expect(doubted.failures.map(\.recipient) == ["eve", "cid", "*", "ti*", "group:staff"])
    #expect(doubted.failures.allSatisfy { $0.error == .unavailable(session: "12", "no such property") })
  }

  @Test func groupsAreThoseWithThePrefix() {
    let names = RecipientResolver.groupNames(in: ["group:a", "b", "user:c", "group:", "*", "group:group:d"])
    #expect(names == ["a", "", "group:d"])
  }
}
