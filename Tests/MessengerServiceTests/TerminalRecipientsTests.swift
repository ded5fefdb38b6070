import MessengerContract
import Testing

@testable import MessengerService

/// Whom recipients reach on terminals.
struct TerminalRecipientsTests {
  /// Ann has a desktop and two terminals, cid two terminals, dan one that is about to end, eva one without a name, and
  /// fay a desktop alone.
  private static let sessions = [
    LoginSession.test("1", of: "ann", uid: 1, seat: "seat0", tty: "tty2", display: ":0"),
    terminal("2", of: "ann", uid: 1, "pts/1"), terminal("3", of: "ann", uid: 1, "tty3", seat: "seat0"),
    terminal("4", of: "cid", uid: 3, "pts/4"), terminal("5", of: "cid", uid: 3, "tty5", seat: "seat0"),
    terminal("6", of: "dan", uid: 4, "pts/6", state: "closing"), terminal("7", of: "eva", uid: 5, nil),
    LoginSession.test("8", of: "fay", uid: 6, type: "x11", display: ":8"),
  ]

  private static func terminal(
    _ id: String, of name: String, uid: UInt32, _ terminal: String?, seat: String = "", state: String = "active"
  ) -> LoginSession {
    var session = LoginSession.test(id, of: name, uid: uid, type: "tty", state: state, seat: seat)
    session.terminal = session.isTextual ? terminal : nil
    return session
  }

  private static func resolve(_ recipients: [String], _ use: TerminalUse) -> RecipientResolver.Resolution {
    RecipientResolver(sessions: sessions, groups: ["staff": ["ann", "cid"]], terminals: use).resolve(recipients)
  }

  /// What somebody has on a desktop and a terminal is told once, on the desktop.
  @Test(
    arguments: [
      (["*"], ["1", "4", "5", "8"]), (["ann"], ["1"]), (["cid"], ["4", "5"]), (["group:staff"], ["1", "4", "5"]),
      (["pts/1"], ["2"]), (["TTY3"], ["3"]), (["id:2"], ["2"]), (["ann", "pts/1"], ["1"]),
      (["pts/1", "*"], ["1", "4", "5", "8"]),
      (["seat0"], ["1", "5"]), (["session:pts/*"], ["2", "4"]),
    ]) func terminalsAreReachedToo(_ recipients: [String], _ ids: [String])
  {
    let resolution = Self.resolve(recipients, .too)
    #expect(Set(resolution.targets.map(\.id)) == Set(ids) && resolution.failures.isEmpty)
  }

  @Test(
    arguments: [(["*"], ["2", "3", "4", "5"]), (["ann"], ["2", "3"]), (["seat0"], ["3", "5"]), (["pts/4"], ["4"])])
  func terminalsOnlyAreReached(_ recipients: [String], _ ids: [String]) {
    let resolution = Self.resolve(recipients, .only)
    #expect(resolution.targets.map(\.id) == ids && resolution.failures.isEmpty)
  }

  @Test(
    arguments: [
      ("cid", .no, "cid is logged in, but not on a desktop: session pts/4 is a terminal; session tty5 is a terminal"),
      ("eva", .too, "eva is logged in, but not on a desktop or terminal: session 7 has no terminal"),
      ("dan", .too, "dan is logged in, but not on a desktop or terminal: session 6 is about to end"),
      ("fay", .only, "fay is logged in, but not on a terminal: session :8 is a desktop"),
    ] as [(String, TerminalUse, String)])
  func whoHasNoneIsNotReached(_ recipient: String, _ use: TerminalUse, _ reason: String) {
    let failures = Self.resolve([recipient], use).failures
    #expect(failures.map(\.error) == [MessengerError(.noSession, reason)])
  }

  @Test(
    arguments: [
      (.no, "nobody is logged in to a desktop"), (.too, "nobody is logged in to a desktop or terminal"),
      (.only, "nobody is logged in on a terminal"),
    ] as [(TerminalUse, String)])
  func nobodyIsThere(_ use: TerminalUse, _ reason: String) {
    let resolution = RecipientResolver(sessions: [], terminals: use).resolve(["*"])
    #expect(resolution.objection == MessengerError(.noSession, reason))
  }

  /// Polkit is asked about all who are reached, also on terminals.
  @Test(arguments: [(.no, ["ann"]), (.too, ["ann", "cid"]), (.only, ["ann", "cid"])] as [(TerminalUse, Set<String>)])
  func whoIsReachedIsJudged(_ use: TerminalUse, _ names: Set<String>) {
    let resolver = RecipientResolver(sessions: Self.sessions, terminals: use)
    #expect(Set(resolver.users(of: "seat0").map(\.name)) == names)
  }
}
