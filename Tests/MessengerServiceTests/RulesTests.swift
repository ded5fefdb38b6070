import GBus
import MessengerContract
import Testing

@testable import MessengerService

/// What is decided without a bus.
struct RulesTests {
  private static let verdicts: [(PopupVerdict.Event, Double, DeliveryState?, String?)] = [
    (.action("ok"), 1, .acknowledged, "ok"), (.action("default"), 1, .acknowledged, nil), (.action("x"), 1, nil, nil),
    (.closed(2), 0.001, .suppressed, nil), (.closed(1), 1, .suppressed, nil), (.closed(1), 59.9, .expired, nil),
    (.closed(2), 1, .dismissed, nil), (.closed(3), 1, .dismissed, nil), (.closed(4), 1, .suppressed, nil),
    (.serverLeft, 1, .failed, nil), (.busClosed, 1, .sessionClosed, nil), (.sessionsEnded, 1, .sessionClosed, nil),
    (.closeAnswered, 1, nil, nil),
  ]

  @Test(arguments: verdicts)
  func popupEnds(_ event: PopupVerdict.Event, _ age: Double, _ state: DeliveryState?, _ reply: String?) {
    var verdict = Self.verdict
    guard case .finish(let outcome, _) = verdict.handle(event, age: .seconds(age)) else {
      #expect(state == nil)
      return
    }
    #expect(outcome.state == state && outcome.reply == reply)
  }

  @Test func clickWinsOverClose() {
    var verdict = Self.verdict
    #expect(verdict.handle(.timeOver, age: .seconds(60)) == .close)
    #expect(verdict.handle(.withdrawn, age: .seconds(60)) == .wait)
    var clicked = verdict
    #expect(verdict.handle(.closeAnswered, age: .seconds(60)) == .finish(.init(state: .expired), close: false))
    let outcome = PopupVerdict.Outcome(state: .acknowledged, reply: "ok")
    #expect(clicked.handle(.action("ok"), age: .seconds(60)) == .finish(outcome, close: true))
  }

  private static var verdict: PopupVerdict {
    PopupVerdict(
      actionKeys: ["default", "ok"], replyKeys: ["ok"], timeout: .seconds(60), settling: .milliseconds(5))
  }

  @Test func markupIsEscapedByCodePoints() {
    let content = PopupContent(
      title: "", body: "<\u{301}&", timeout: .seconds(60), urgency: .low, icon: "", replies: [])
    let arguments = content.notifyArguments(capabilities: ["body-markup", "actions"])
    #expect(arguments[4].string.map { Array($0.utf8) } == Array("&lt;\u{301}&amp;".utf8))
    #expect(arguments[5] == .strings(["ok", "OK", "default", ""]) && arguments[7] == .int32(60150))
    #expect(content.notifyArguments(capabilities: [])[5] == .strings([]))
  }

  @Test(
    arguments: [
      ("timeout", .string("1")), ("timeout", .uint32(.max)), ("title", .objectPath("/")), ("wait", .uint32(1)),
      ("urgency", .string("high")), ("icon", .byte(1)), ("replies", .strings([])), ("colour", .string("")),
    ] as [(String, Value)])
  func wrongOptionIsNamed(_ key: String, _ value: Value) throws {
    let error = try #require(throws: MessengerError.self) {
      try SendRequest(recipients: ["a"], body: "b", options: [key: value])
    }
    #expect(error.code == .invalidArgument && error.message.contains(key))
  }

  @Test func bodyHasItsLimits() throws {
    #expect(try SendRequest(recipients: ["a"], body: "a\u{7}\tb\n").body == "a\tb\n")
    _ = try SendRequest(recipients: ["a"], body: String(repeating: "x", count: 4096))
    #expect(throws: MessengerError.self) {
      try SendRequest(recipients: ["a"], body: String(repeating: "x", count: 4097))
    }
    #expect(throws: MessengerError.self) { try SendRequest(recipients: ["a"], body: " \u{1}\n") }
  }

  @Test(
    arguments: [
      ("DATA\r\nOK 1\r\n", true), ("REJECTED EXTERNAL\r\n", false), ("DATA\r\nERROR\r\n", false), ("\0", false),
      ("DATA\r\nOK 1\r\nx", false), ("DATA" + String(repeating: "x", count: 1024), false),
    ]) func handshake(_ answer: String, _ isAccepted: Bool)
  {
    var whole = SessionBusHandshake()
    #expect((whole.receive(answer.utf8) == .accepted) == isAccepted)
    guard isAccepted else { return }
    var bytewise = SessionBusHandshake()
    #expect(answer.utf8.map { bytewise.receive([$0]) }.last == .accepted)
  }

  private static func session(_ id: String, _ name: String, _ uid: UInt32, tty: String, type: String = "x11") -> Session
  {
    Session(
      id: id, user: User(uid: uid, gid: uid, name: name, runtimePath: ""), type: type, sessionClass: "user",
      state: "active", seat: tty == "tty2" ? "seat0" : "", tty: tty, display: "", desktop: "", isRemote: false,
      remoteHost: "", created: 0, isIdle: false, isLocked: false)
  }

  private static let sessions = [
    session("1", "ann", 1, tty: "tty2"), session("2", "ann", 1, tty: "tty3"), session("3", "bob", 2, tty: "tty4"),
    session("4", "cid", 3, tty: "tty5", type: "tty"),
  ]

  @Test(
    arguments: [
      (["ann"], ["1", "2"]), (["TTY2"], ["1"]), (["console"], ["1"]), (["id:3", "bob"], ["3"]),
      (["*"], ["1", "2", "3"]),
      (["group:g"], ["3"]), (["user:tty2"], []), (["cid"], []),
    ]) func recipientsMeanSessions(_ recipients: [String], _ ids: [String])
  {
    let resolution = RecipientResolver(sessions: Self.sessions, groups: ["g": ["bob"]]).resolve(recipients)
    #expect(resolution.targets.map(\.id) == ids && resolution.failures.isEmpty == !ids.isEmpty)
  }

  @Test func refusalTellsNothing() throws {
    let all = RecipientResolver(sessions: Self.sessions)
    #expect(all.resolve(["eve"]).failures[0].error.message == "eve does not exist or is disconnected")
    let ann = Caller(busName: ":1.1", uid: 1)
    let visible = RecipientResolver(sessions: Authorizer().visible(Self.sessions, to: ann))
    for foreign in ["bob", "eve", "*"] {
      let error = try #require(throws: MessengerError.self) {
        try Authorizer().authorize(ann, named: "ann", toMessage: [foreign], as: visible.resolve([foreign]))
      }
      #expect(error.code == .notAuthorized && error.message.contains(foreign == "*" ? "everyone" : foreign))
    }
    try Authorizer().authorize(ann, named: "ann", toMessage: ["ann"], as: visible.resolve(["ann"]))
  }
}
