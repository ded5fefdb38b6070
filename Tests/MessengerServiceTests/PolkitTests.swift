import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

/// Questions to polkit over a real bus.
@Suite(.timeLimit(.minutes(1))) struct PolkitTests {
  private static let retains = "polkit.retains_authorization_after_challenge"
  private static var challenge: Value { FakePolkit.result(false, true, [retains]) }

  @Test func questionNamesTheConnectionAndTheAction() async throws {
    try await Self.withPolkit { _ in
      FakePolkit.result(true, false)
    } _: { polkit, fake, caller in
      #expect(await polkit.check(.broadcast, for: caller, details: ["b": "2", "a": "1"]) == .yes)
      let name = Value.dictionary(["name": .string(caller.busName)])
      #expect(
        fake.asked.elements == [
          FakePolkit.Question(
            subject: .structure([.string("system-bus-name"), name]), action: .string("org.msgd.broadcast"),
            details: .array(
              of: "{ss}", [.entry(.string("a"), .string("1")), .entry(.string("b"), .string("2"))]),
            flags: 0, cancellation: "")
        ])
    }
  }

  @Test(
    arguments: [
      (FakePolkit.result(true, false), .yes), (FakePolkit.result(false, false), .no), (challenge, .unasked),
    ] as [(Value, PolkitAnswer)])
  func answerIsUnderstood(_ answer: Value, _ expected: PolkitAnswer) async throws {
    try await Self.withPolkit(mayAsk: false) { _ in
      answer
    } _: { polkit, fake, caller in
      #expect(await polkit.check(.manage, for: caller) == expected)
      #expect(fake.asked.elements.map(\.flags) == [0])
    }
  }

  /// If the call allows it, polkit is asked again, and may now open a dialogue.
  @Test(
    arguments: [
      (FakePolkit.result(true, false, [retains, "polkit.temporary_authorization_id"]), .yes),
      (FakePolkit.result(false, false, [retains]), .failed), (FakePolkit.result(false, false), .failed),
      (FakePolkit.result(false, false, [retains, "polkit.dismissed"]), .dismissed), (challenge, .unasked),
    ] as [(Value, PolkitAnswer)])
  func challengeIsPut(_ answer: Value, _ expected: PolkitAnswer) async throws {
    try await Self.withPolkit {
      $0.flags == 0 ? Self.challenge : answer
    } _: { polkit, fake, caller in
      for id in ["1", "2", "3"] {
        #expect(await polkit.check(.manage, for: caller) == expected)
        #expect(fake.asked.elements.suffix(2).map(\.flags) == [0, 1])
        #expect(fake.asked.elements.last?.cancellation == id)
      }
    }
  }

  @Test(
    arguments: [
      ("s", .string("yes")), ("b", .boolean(true)), ("(bb)", .structure([.boolean(true), .boolean(false)])),
      ("(ssa{ss})", .structure([.string("true"), .string(""), .array(of: "{ss}", [])])),
      ("(bba{sv})", .structure([.boolean(true), .boolean(false), .dictionary([:])])),
      ("(bba{ss}b)", .structure([.boolean(true), .boolean(false), .array(of: "{ss}", []), .boolean(true)])),
    ] as [(String, Value)])
  func malformedAnswerIsNoYes(_ type: String, _ answer: Value) async throws {
    try await Self.withPolkit(answerType: type) { _ in
      answer
    } _: { polkit, _, caller in
      #expect(await polkit.check(.manage, for: caller) == .trouble("its answer is not understood"))
    }
  }

  @Test func errorIsPassedOn() async throws {
    let text = "Action org.msgd.manage is not registered"
    try await Self.withPolkit { _ in
      throw BusError.remote(name: "org.freedesktop.PolicyKit1.Error.Failed", message: text)
    } _: { polkit, _, caller in
      #expect(await polkit.check(.manage, for: caller) == .trouble(text))
    }
  }

  @Test(arguments: [
    "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
    "org.freedesktop.DBus.Error.Spawn.ChildExited", "org.freedesktop.systemd1.UnitMasked",
  ]) func absenceIsTold(_ name: String) {
    #expect(PolkitAnswer(BusError.remote(name: name, message: "")) == .absent)
  }

  @Test func absencesAreNoAnswer() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let connection = try await bus.connect()
      let polkit = Polkit(connection: connection, timeout: .seconds(20), dialogueTimeout: .seconds(20))
      let caller = Caller(busName: connection.uniqueName, uid: 7, allowsInteraction: true)
      #expect(await polkit.check(.sendUser, for: caller) == .absent)
    }
  }

  @Test func silenceEnds() async throws {
    let silence = Silence()
    try await Self.withPolkit(timeout: .milliseconds(50)) { _ in
      await silence.wait()
      return FakePolkit.result(true, false)
    } _: { polkit, _, caller in
      defer { silence.end() }
      #expect(await polkit.check(.sendUser, for: caller) == .trouble("it does not answer"))
    }
  }

  private static func withPolkit(
    mayAsk: Bool = true, timeout: Duration = .seconds(20), answerType: String = "(bba{ss})",
    _ answer: @escaping @MainLoop @Sendable (FakePolkit.Question) async throws -> Value,
    _ body: @MainLoop (Polkit, FakePolkit, Caller) async throws -> Void
  ) async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let fake = try await FakePolkit(on: bus, answerType: answerType, answer: answer)
      let connection = try await bus.connect()
      let polkit = Polkit(connection: connection, timeout: timeout, dialogueTimeout: .seconds(20))
      try await body(
        polkit, fake, Caller(busName: connection.uniqueName, uid: 7, allowsInteraction: mayAsk))
    }
  }
}
