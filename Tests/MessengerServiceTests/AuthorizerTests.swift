import MessengerContract
import Testing

@testable import MessengerService

struct AuthorizerTests {
  private static let sessions = [
    Session.test("1", of: "ann", uid: 1, seat: "seat0", tty: "tty2"), Session.test("2", of: "bob", uid: 2, tty: "tty3"),
    Session.test("3", of: "cid", uid: 3, type: "tty", tty: "tty4"),
  ]
  private static let root = Caller(busName: ":1.1", uid: 0)
  private static let ann = Caller(busName: ":1.2", uid: 1)

  /// What becomes of a message of a caller's, as the service asks.
  private static func send(
    _ recipients: [String], by caller: Caller, named name: String, groups: [String: Set<String>] = [:]
  ) throws -> RecipientResolver.Resolution {
    try Authorizer().authorize(caller, named: name, toWrite: recipients)
    let visible = Authorizer().visible(sessions, to: caller)
    let resolution = RecipientResolver(sessions: visible, groups: groups).resolve(recipients)
    try Authorizer().authorize(caller, named: name, toMessage: resolution)
    return resolution
  }

  @Test(arguments: [
    ["*"], ["ann", "bob"], ["id:2"], ["console"], ["cid"], ["eve"], ["group:none"],
    ["an*"], ["user:?nn"],
  ]) func rootMayMessageEveryone(_ recipients: [String]) throws {
    _ = try Self.send(recipients, by: Self.root, named: "root")
  }

  @Test func eachSeesTheirOwn() {
    #expect(Authorizer().visible(Self.sessions, to: Self.root) == Self.sessions)
    #expect(Authorizer().visible(Self.sessions, to: Self.ann).map(\.id) == ["1"])
    #expect(Authorizer().visible(Self.sessions, to: Caller(busName: ":1.3", uid: 9)).isEmpty)
  }

  @Test(arguments: [
    ["ann"], ["user:ann"], ["tty2"], ["TTY2"], ["session:seat0"], ["console"], ["1"], ["id:1"],
    ["ann", "tty2", "id:1"],
  ]) func ownSessionsMayBeMessaged(_ recipients: [String]) throws {
    let resolution = try Self.send(recipients, by: Self.ann, named: "ann")
    #expect(resolution.targets.map(\.id) == ["1"] && resolution.failures.isEmpty)
  }

  @Test(arguments: ["cid", "user:cid", "tty4"])
  func ownNameWithoutADesktopPasses(_ recipient: String) throws {
    let resolution = try Self.send([recipient], by: Caller(busName: ":1.3", uid: 3), named: "cid")
    #expect(resolution.failures.map(\.error.code) == [.noSession])
  }

  @Test(arguments: ["dan", "user:dan"])
  func ownNameWithoutASessionPasses(_ recipient: String) throws {
    let resolution = try Self.send([recipient], by: Caller(busName: ":1.4", uid: 4), named: "dan")
    #expect(resolution.failures.map(\.error.code) == [.noSuchRecipient])
  }

  @Test(arguments: [
    (["bob"], "bob"), (["user:bob"], "user:bob"), (["tty3"], "tty3"), (["id:2"], "id:2"), (["2"], "2"),
    (["eve"], "eve"),
    (["root"], "root"), (["group:staff"], "group:staff"), (["group:*"], "group:*"), (["session:ann"], "session:ann"),
    (["ann", "bob"], "bob"),
    (["ann", "eve", "bob"], "eve"), (["Ann"], "Ann"),
  ]) func foreignIsRefused(_ recipients: [String], _ named: String) throws {
    let error = MessengerError(.notAuthorized, "ann may message only their own sessions, and \(named) is none of them")
    #expect(throws: error) { try Self.send(recipients, by: Self.ann, named: "ann") }
  }

  @Test(arguments: [["*"], ["ann", "*"], ["*", "bob"]])
  func everyoneIsRefused(_ recipients: [String]) {
    #expect(throws: MessengerError(.notAuthorized, "ann may not message everyone: only root may")) {
      try Self.send(recipients, by: Self.ann, named: "ann")
    }
  }

  @Test(arguments: [
    (["an*"], "an*"), (["?nn"], "?nn"), (["ann", "user:*"], "user:*"), (["session:tty?"], "session:tty?"),
    (["id:*", "bob"], "id:*"), (["**"], "**"),
  ]) func wildcardsAreRefused(_ recipients: [String], _ named: String) {
    let error = MessengerError(.notAuthorized, "ann may not use wildcards, as in \(named): only root may")
    #expect(throws: error) { try Self.send(recipients, by: Self.ann, named: "ann") }
    #expect(throws: error) { try Authorizer().authorize(Self.ann, named: "ann", toWrite: recipients) }
  }

  @Test func refusalDoesNotTellWhoIsThere() throws {
    let refusals = try ["bob", "eve"].map { foreign in
      let error = try #require(throws: MessengerError.self) {
        try Self.send([foreign], by: Self.ann, named: "ann", groups: ["g": ["bob"]])
      }
      #expect(error.code == .notAuthorized)
      return error.message.replacing(foreign, with: "X")
    }
    #expect(refusals[0] == refusals[1])
  }

  @Test(
    arguments: [(0, 1, true), (1, 1, true), (2, 1, false), (1, 0, false), (0, 0, true)] as [(UInt32, UInt32, Bool)])
  func messagesAreTheirSenders(_ caller: UInt32, _ sender: UInt32, _ mayManage: Bool) async {
    let content = PopupContent(title: "", body: "b", timeout: nil, urgency: .low, icon: "", replies: [])
    let message = await Message(
      id: 5, sender: Caller(busName: ":1.7", uid: sender), content: content, deliveries: [])
    func manage() throws { try Authorizer().authorize(Caller(busName: ":1.8", uid: caller), toManage: message) }
    if mayManage {
      #expect(throws: Never.self) { try manage() }
    } else {
      #expect(throws: MessengerError.noSuchMessage(5)) { try manage() }
    }
  }
}
