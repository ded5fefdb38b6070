import Testing

@testable import MessengerService

/// Which of polkit's actions a message needs, by its words and the sender's own sessions.
struct ReachTests {
  /// Sender ann, who sits at one of two sessions of seat0, the other one being bob's.
  private static func reach(_ recipients: [String]) -> Reach {
    Reach(
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
    #expect(Self.reach(recipients).action == .sendOwn)
    #expect(Self.reach(recipients).ownWords == Set(recipients))
    #expect(Self.reach(recipients).description == "their own sessions")
  }

  @Test(arguments: [
    (["bob"], "bob"), (["user:bob"], "user:bob"), (["tty3"], "tty3"), (["id:2"], "id:2"), (["2"], "2"),
    (["nobody"], "nobody"), (["root"], "root"), (["Ann"], "Ann"), (["session:ann"], "session:ann"),
    (["id:ann"], "id:ann"), (["user:tty2"], "user:tty2"), (["ann "], "ann "), ([":0"], ":0"),
    (["ann", "bob"], "bob"), (["bob", "tty2"], "bob"),
  ]) func oneForeignWordIsAUser(_ recipients: [String], _ described: String) {
    #expect(Self.reach(recipients).action == .sendUser)
    #expect(Self.reach(recipients).description == described)
  }

  @Test(arguments: [
    (["*"], "everyone"), (["ann", "*"], "everyone"), (["bob", "*"], "everyone"), (["bob", "cid"], "bob, cid"),
    (["bob", "user:bob"], "bob, user:bob"), (["group:staff"], "group:staff"), (["group:"], "group:"),
    (["group:ann"], "group:ann"), (["ann", "group:staff"], "group:staff"), (["an*"], "an*"), (["?nn"], "?nn"),
    (["user:*"], "user:*"), (["session:tty?"], "session:tty?"), (["tty2*"], "tty2*"), (["id:*"], "id:*"),
    (["**"], "**"),
    (["a", "b", "c", "d", "e", "f", "g"], "a, b, c, d, e and 2 more"),
  ]) func manyAreABroadcast(_ recipients: [String], _ described: String) {
    #expect(Self.reach(recipients).action == .broadcast)
    #expect(Self.reach(recipients).description == described)
  }

  /// What an own word means is the sender's alone, though bob's session goes by it, too.
  @Test(arguments: [["seat0"], ["seat0", "bob"]])
  func ownWordsMeanNobodyElse(_ recipients: [String]) {
    let reach = Self.reach(recipients)
    let resolver = RecipientResolver(
      sessions: [
        .test("1", of: "ann", uid: 1, seat: "seat0"), .test("2", of: "bob", uid: 2, state: "online", seat: "seat0"),
        .test("3", of: "cid", uid: 3, state: "online", seat: "seat0"),
      ], ownWords: reach.ownWords, ownUID: reach.ownUID)
    #expect(resolver.resolve(recipients).targets.map(\.id) == (recipients.count == 1 ? ["1"] : ["1", "2"]))
  }

  @Test func nothingIsForeignToRoot() {
    let reach = Reach(ofRoot: ["seat0"])
    let sessions: [Session] = [
      .test("1", of: "root", uid: 0, seat: "seat0"), .test("2", of: "bob", uid: 2, state: "online", seat: "seat0"),
    ]
    let resolver = RecipientResolver(sessions: sessions, ownWords: reach.ownWords, ownUID: reach.ownUID)
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
