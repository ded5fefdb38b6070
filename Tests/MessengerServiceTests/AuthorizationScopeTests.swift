import MessengerContract
import Testing

@testable import MessengerService

/// Which polkit action a message needs, judged by its words and the sender's own sessions.
struct AuthorizationScopeTests {
  /// The scope of messages from ann. She is at one of two sessions of seat0; the other one is bob's.
  private static func reach(_ recipients: [String]) -> AuthorizationScope {
    AuthorizationScope(
      of: recipients, by: Caller(busName: ":1.2", uid: 1), named: "ann",
      ownSessions: [
        .test("1", of: "ann", uid: 1, seat: "seat0", tty: "tty2"),
        .test("c7", of: "ann", uid: 1, type: "tty", tty: "pts/1"),
      ])
  }

  @Test(arguments: [
    ["ann"], ["user:ann"], ["tty2"], ["TTY2"], ["session:seat0"], ["seat0"], ["console"], ["1"], ["id:1"], ["c7"],
    ["pts/1"], ["ann", "tty2", "id:1", "ann"],
  ]) func ownNameAndSessionsAreOwn(_ recipients: [String]) {
    #expect(Self.reach(recipients).audience.map { $0.action == nil } == true)
    #expect(Self.reach(recipients).audience?.recipients == "ann")
    #expect(Self.reach(recipients).ownWords == Set(recipients))
    #expect(Self.reach(recipients).description == "their own sessions")
  }

  @Test(
    arguments: [
      (["bob"], "bob", "bob"), (["user:bob"], "user:bob", "bob"), (["nobody"], "nobody", "nobody"),
      (["root"], "root", "root"), (["Ann"], "Ann", "Ann, ann"), (["user:tty2"], "user:tty2", "tty2"),
      (["ann "], "ann ", "ann "), (["ann", "bob"], "bob", "bob"), (["bob", "tty2"], "bob", "bob"),
      (["bob", "user:bob"], "bob, user:bob", "bob"), (["user:3"], "user:3", "3"),
    ] as [([String], String, String)])
  func aNameIsAUser(_ recipients: [String], _ described: String, _ users: String) {
    #expect(Self.reach(recipients).audience?.action == .sendUser)
    #expect(Self.reach(recipients).audience?.recipients == users)
    #expect(Self.reach(recipients).description == described)
  }

  @Test(
    arguments: [
      (["bob", "cid"], "bob, cid", "bob, cid"), (["cid", "Bob"], "cid, Bob", "Bob, bob, cid"),
      (["bob", "Bob"], "bob, Bob", "Bob, bob"),
      (["a", "b", "c", "d", "e", "f", "g"], "a, b, c, d, e and 2 more", "a, b, c, d, e, f, g"),
    ] as [([String], String, String)])
  func severalNamesAreABroadcast(_ recipients: [String], _ described: String, _ users: String) {
    #expect(Self.reach(recipients).audience?.action == .broadcast)
    #expect(Self.reach(recipients).audience?.recipients == users)
    #expect(Self.reach(recipients).description == described)
  }

  /// Only a look-up can tell whom such a word means. A sender without permission for that is judged as if it meant
  /// everybody.
  @Test(arguments: [
    (["*"], "everyone"), (["ann", "*"], "everyone"), (["bob", "*"], "everyone"), (["group:staff"], "group:staff"),
    (["group:"], "group:"), (["group:ann"], "group:ann"), (["ann", "group:staff"], "group:staff"), (["an*"], "an*"),
    (["?nn"], "?nn"), (["user:*"], "user:*"), (["session:tty?"], "session:tty?"), (["tty2*"], "tty2*"),
    (["id:*"], "id:*"), (["**"], "**"), (["tty3"], "tty3"), (["TTY3"], "TTY3"), (["id:2"], "id:2"), (["2"], "2"),
    (["c3"], "c3"), (["session:ann"], "session:ann"), (["id:ann"], "id:ann"), ([":0"], ":0"),
    (["bob", ":0"], "bob, :0"),
    (["wayland-1"], "wayland-1"), (["seat1"], "seat1"), (["session:bob"], "session:bob"),
  ]) func aWordThatMayMeanAnybodyDoesNotTell(_ recipients: [String], _ described: String) {
    #expect(Self.reach(recipients).audience == nil)
    #expect(Self.reach(recipients).anybody.action == .broadcast)
    #expect(Self.reach(recipients).anybody.recipients == "*")
    #expect(Self.reach(recipients).description == described)
  }

  /// bob and cid share a seat, and both claim one display, which is then neither's. bob also has a terminal of his own,
  /// and dan has only a terminal.
  private static let others: [LoginSession] = [
    .test("1", of: "ann", uid: 1, seat: "seat0", tty: "tty2"), .test("2", of: "bob", uid: 2, tty: "tty3"),
    .test("3", of: "bob", uid: 2, seat: "seat1", display: ":7"),
    .test("4", of: "cid", uid: 3, state: "online", seat: "seat1", display: ":7"),
    .test("5", of: "dan", uid: 4, type: "tty", seat: "seat1", tty: "tty5"),
  ]

  @Test(
    arguments: [
      (["seat1"], .broadcast, "bob, cid"), (["session:SEAT1"], .broadcast, "bob, cid"),
      ([":7"], .sendUser, ":7"),
      (["tty3"], .sendUser, "bob"), (["id:3"], .sendUser, "bob"), (["3", "bob", "user:bob"], .sendUser, "bob"),
      (["3", "4"], .broadcast, "bob, cid"), (["tty5"], .sendUser, "dan"), (["5", "tty3"], .broadcast, "bob, dan"),
      (["tty9"], .sendUser, "tty9"), (["id:9"], .sendUser, "9"), (["id:3", "eve"], .broadcast, "bob, eve"),
      (["id:3", "Eve"], .broadcast, "Eve, bob, eve"), (["id:3", "BOB"], .sendUser, "bob"),
      (["*"], .broadcast, "bob, cid"),
      (["bo*"], .broadcast, "bob"), (["zo*"], .broadcast, "ann"), (["group:staff"], .broadcast, "bob"),
      (["group:none"], .broadcast, "ann"), (["TTY2", "id:1"], nil, "ann"),
    ] as [([String], PolkitAction?, String)])
  func whatIsNeededFollowsWhoIsReached(_ recipients: [String], _ action: PolkitAction?, _ users: String) {
    let resolver = RecipientResolver(sessions: Self.others, groups: ["staff": ["ann", "bob"]])
    let audience = Self.reach(recipients).audience(of: resolver)
    #expect(audience.action == action)
    #expect(audience.recipients == users)
  }

  /// A user who takes a seat after polkit was asked about it does not get the message.
  @Test func whoWasNotJudgedIsNotReached() {
    let reach = Self.reach(["seat1", "eve", "id:9", "Zoe"])
    let audience = reach.audience(of: RecipientResolver(sessions: Self.others))
    let later: [LoginSession] = [
      .test("3", of: "bob", uid: 2, seat: "seat1"), .test("6", of: "boss", uid: 6, seat: "seat1"),
      .test("9", of: "boss", uid: 6), .test("7", of: "eve", uid: 7), .test("8", of: "zoe", uid: 8),
      .test("10", of: "bob", uid: 2, seat: "seat1"), .test("1", of: "ann", uid: 1, seat: "seat1"),
    ]
    let resolution = RecipientResolver(sessions: later, audience: audience).resolve(reach.recipients)
    #expect(resolution.targets.map(\.id) == ["3", "10", "1", "7", "8"])
    #expect(resolution.failures.map(\.recipient) == ["id:9"])
    #expect(resolution.failures.map(\.error.code) == [.noSuchRecipient])
  }

  @Test func aNameInAnotherCaseIsJudgedAsTheUser() {
    let reach = Self.reach(["BOB"])
    let resolver = RecipientResolver(sessions: Self.others, audience: reach.audience ?? .everybody)
    #expect(resolver.resolve(reach.recipients).targets.map(\.id) == ["2", "3"])
  }

  /// The spelling of names can't deceive a rule that looks for a name, or compares one.
  @Test(
    arguments: [
      (["a,", "boss"], "a�, boss"), (["user:x, boss"], "x� boss"), (["a\nb"], "a�b"),
      (["DOM\\bob jr"], "DOM\\bob jr, dom\\bob jr"),
      ([String(repeating: "x", count: 64)], String(repeating: "x", count: 64)),
      ([String(repeating: "x", count: 65)], String(repeating: "x", count: 64) + "…"),
    ] as [([String], String)])
  func rulesSeeNamesAsTheyAre(_ recipients: [String], _ users: String) {
    #expect(Self.reach(recipients).audience?.recipients == users)
  }

  /// A sender's own word means only the sender's sessions, even if one of bob's has that name too.
  @Test(arguments: [["seat0"], ["seat0", "bob"]])
  func ownWordsMeanNobodyElse(_ recipients: [String]) {
    let reach = Self.reach(recipients)
    let resolver = RecipientResolver(
      sessions: [
        .test("1", of: "ann", uid: 1, seat: "seat0"), .test("2", of: "bob", uid: 2, state: "online", seat: "seat0"),
        .test("3", of: "cid", uid: 3, state: "online", seat: "seat0"),
      ], ownWords: reach.ownWords, audience: reach.audience ?? reach.anybody)
    #expect(resolver.resolve(recipients).targets.map(\.id) == (recipients.count == 1 ? ["1"] : ["1", "2"]))
  }

  @Test func nothingIsForeignToRoot() {
    let reach = AuthorizationScope(ofRoot: ["seat0"])
    let sessions: [LoginSession] = [
      .test("1", of: "root", uid: 0, seat: "seat0"), .test("2", of: "bob", uid: 2, state: "online", seat: "seat0"),
    ]
    let resolver = RecipientResolver(sessions: sessions, ownWords: reach.ownWords)
    #expect(resolver.resolve(reach.recipients).targets.map(\.id) == ["1", "2"])
  }

  @Test(
    arguments: [
      (["bob"], "bob"), (["session::0"], "session::0"), (["tty?"], "tty?"), (["müller"], "müller"),
      (["DOMAIN\\bob", "bob@example.org"], "DOMAIN\\bob, bob@example.org"),
      (["bob.\n\nType the password:"], "bob.��Type�the�password:"), (["<b>&amp;'</b>"], "�b��amp���/b�"),
      (["\u{202E}bob"], "�bob"), ([String(repeating: "x", count: 40)], String(repeating: "x", count: 40)),
      ([String(repeating: "x", count: 41)], String(repeating: "x", count: 40) + "…"),
    ] as [([String], String)])
  func captionCanNotPassForTheDialoguesText(_ recipients: [String], _ caption: String) {
    #expect(Self.reach(recipients).caption == caption)
  }
}
