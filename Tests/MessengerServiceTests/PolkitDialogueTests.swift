import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

/// Dialogues that nobody answers.
@Suite(.timeLimit(.minutes(1))) struct PolkitDialogueTests {
  /// A polkit that asks and waits, and a caller who may be asked.
  @MainLoop
  private struct World {
    let polkit: Polkit
    let fake: FakePolkit
    let client: Connection

    var caller: Caller { caller(uid: 7) }

    func caller(uid: UInt32) -> Caller { Caller(busName: client.uniqueName, uid: uid, allowsInteraction: true) }

    /// The dialogues that were opened, and those that were cancelled.
    var dialogues: (opened: [String], cancelled: [String]) {
      let asked = fake.asked.elements
      return (asked.filter { $0.flags == 1 }.map(\.cancellation), asked.filter { $0.flags == nil }.map(\.cancellation))
    }
  }

  @Test func dialogueEndsAtTheDeadline() async throws {
    try await Self.withWorld(dialogueTimeout: .milliseconds(50)) { world in
      #expect(await world.polkit.check(.sendUser, for: world.caller) == .unanswered)
      await world.fake.asked.wait(for: 3)
      #expect(world.dialogues == (["1"], ["1"]))
    }
  }

  @Test func dialogueEndsWithItsCaller() async throws {
    try await Self.withWorld { world in
      let check = MainLoop.task { await world.polkit.check(.sendUser, for: world.caller) }
      await world.fake.asked.wait(for: 2)
      world.client.close()
      #expect(await check.value == .unanswered)
      await world.fake.asked.wait(for: 3)
      #expect(world.dialogues == (["1"], ["1"]))
    }
  }

  @Test func dialoguesEndWithTheService() async throws {
    try await Self.withWorld { world in
      let check = MainLoop.task { await world.polkit.check(.sendUser, for: world.caller) }
      await world.fake.asked.wait(for: 2)
      world.polkit.end()
      #expect(await check.value == .unanswered)
      #expect(await world.polkit.check(.sendUser, for: world.caller) == .crowded)
      #expect(world.dialogues == (["1"], ["1"]))
    }
  }

  @Test func dialoguesOfOneUserAreFew() async throws {
    try await Self.withWorld { world in
      for count in 1...2 {
        MainLoop.task { await world.polkit.check(.sendUser, for: world.caller) }
        await world.fake.asked.wait(for: 2 * count)
      }
      #expect(await world.polkit.check(.sendUser, for: world.caller) == .crowded)
      #expect(world.dialogues.opened == ["1", "2"])

      MainLoop.task { await world.polkit.check(.sendUser, for: world.caller(uid: 8)) }
      await world.fake.asked.wait(for: 7)
      #expect(world.dialogues.opened == ["1", "2", "3"])
    }
  }

  /// One user's endless questions delay nobody else, even while polkit does not answer.
  @Test func manyQuestionsOfOneUserDelayNobody() async throws {
    try await Self.withWorld(answersAtOnce: { $0.action != .string(PolkitAction.manage.rawValue) }) { world in
      for _ in 1...100 {
        MainLoop.task { await world.polkit.check(.manage, for: world.caller) }
      }
      await world.fake.asked.wait(for: 2)
      #expect(await world.polkit.check(.sendUser, for: Caller(busName: ":1.1", uid: 8)) == .unasked)
      #expect(world.fake.asked.elements.count == 3)
    }
  }

  /// The bus would refuse all of the service's calls if too many of its questions were open.
  @Test func dialoguesTogetherAreFewerThanTheBusLetsAsk() async throws {
    try await Self.withWorld { world in
      for uid in 1...UInt32(16) {
        MainLoop.task { await world.polkit.check(.sendUser, for: world.caller(uid: uid)) }
        await world.fake.asked.wait(for: 2 * Int(uid))
      }
      #expect(await world.polkit.check(.sendUser, for: world.caller(uid: 17)) == .crowded)
      #expect(world.dialogues.opened.count == 16)
    }
  }

  private static func withWorld(
    dialogueTimeout: Duration = .seconds(60),
    answersAtOnce: @escaping @MainLoop @Sendable (FakePolkit.Question) -> Bool = { $0.flags != 1 },
    _ body: @MainLoop (World) async throws -> Void
  ) async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let silence = Silence()
      defer { silence.end() }
      let fake = try await FakePolkit(on: bus) { question in
        if !answersAtOnce(question) { await silence.wait() }
        return FakePolkit.result(false, true)
      }
      let polkit = Polkit(
        connection: try await bus.connect(), timeout: .seconds(20), dialogueTimeout: dialogueTimeout)
      try await body(World(polkit: polkit, fake: fake, client: try await bus.connect()))
      polkit.end()
    }
  }
}
