import MessengerContract
import Testing

@testable import MessengerService

struct RecipientResolverTests {
  private static let sessions = [
    Session.test("1", of: "ann", uid: 1, seat: "seat0", tty: "tty2", display: ":0"),
    Session.test("2", of: "ann", uid: 1, state: "online", tty: "tty3"),
    Session.test("c3", of: "bob", uid: 2, type: "x11", display: ":7"),
    Session.test("4", of: "cid", uid: 3, type: "tty", tty: "tty5"),
    Session.test("5", of: "gdm", uid: 4, sessionClass: "greeter", seat: "seat1"),
    Session.test("6", of: "dan", uid: 5, state: "closing", tty: "pts/1"),
    // Names that are another's session name, or session id.
    Session.test("7", of: "tty3", uid: 6, tty: "tty8"), Session.test("8", of: "eva", uid: 7, tty: "c3"),
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
    ("tty3", ["7"]), ("session:tty3", ["2"]), ("c3", ["8"]), ("id:c3", ["c3"]),
  ]) func userComesBeforeSessionBeforeID(_ recipient: String, _ ids: [String]) {
    #expect(Self.resolver.resolve([recipient]).targets.map(\.id) == ids)
  }

  @Test(
    arguments: [
      ("an*", ["1", "2"]), ("?nn", ["1", "2"]), ("*a*", ["1", "2", "8"]), ("user:*", ["1", "2", "c3", "7", "8"]),
      ("tty?", ["7"]), ("session:tty?", ["1", "2", "7"]), ("session:TTY*", ["1", "2", "7"]), ("SEAT?", ["1"]),
      ("con*", ["1"]), (":*", ["1", "c3"]), ("id:?", ["1", "2", "7", "8"]), ("?3", ["8"]), ("id:?3", ["c3"]),
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

  @Test(arguments: [
    ("cid", "cid"), ("tty5", "tty5"), ("id:4", "4"), ("gdm", "gdm"), ("seat1", "seat1"), ("user:dan", "dan"),
    ("session:PTS/1", "PTS/1"), ("group:quiet", "quiet"), ("ci*", "ci*"), ("session:pts/?", "pts/?"),
  ]) func noDesktopIsNoSession(_ recipient: String, _ named: String) throws {
    let resolution = Self.resolver.resolve([recipient])
    let failure = try #require(resolution.failures.first)
    #expect(resolution.targets.isEmpty && resolution.failures.count == 1)
    #expect(failure.recipient == recipient && failure.error.code == .noSession)
    #expect(failure.error.message.hasPrefix("\(named) has no graphical session (session "))
  }

  @Test func noDesktopAtAllIsNoSession() {
    let resolution = RecipientResolver(sessions: []).resolve(["*"])
    #expect(resolution.failures.map(\.error.code) == [.noSession])
  }

  @Test(arguments: [
    "eve", "Ann", "user:tty2", "user:eve", "session:ann", "session:2", "session:", "user:", "id:", "id:tty2", "C1",
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

  @Test func groupsAreThoseWithThePrefix() {
    let names = RecipientResolver.groupNames(in: ["group:a", "b", "user:c", "group:", "*", "group:group:d"])
    #expect(names == ["a", "", "group:d"])
  }
}
