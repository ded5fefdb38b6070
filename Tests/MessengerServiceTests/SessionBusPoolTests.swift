import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

/// How many buses a user may have.
@Suite(.timeLimit(.minutes(1))) struct SessionBusPoolTests {
  /// Nobody answers on any of them, so that they are in use until the deadline.
  @Test func oneMoreThanAllowedIsRefusedUntilOthersAreLeft() async throws {
    let fakes = try (0...SessionBusPool.mostOfUser).map { _ in try FakeBus() }
    await MainLoop.test {
      let pool = SessionBusPool(keeping: .zero, atMost: 0)
      let soon = Deadline.after(.milliseconds(500))
      let attempts = fakes.map { fake in MainLoop.task { await Self.failure(of: pool, fake, soon) } }
      let reasons = await Self.values(of: attempts)
      #expect(reasons.last == "me has more than 4 session buses")
      #expect(reasons.dropLast().allSatisfy { $0.hasSuffix("does not answer") }, "\(reasons)")
      let again = await Self.failure(of: pool, fakes[SessionBusPool.mostOfUser], .after(.milliseconds(500)))
      #expect(again.hasSuffix("does not answer"), "\(again)")
    }
  }

  @MainLoop
  private static func failure(of pool: SessionBusPool, _ fake: FakeBus, _ deadline: Deadline) async -> String {
    do {
      try await pool.withBus(at: BusAddress(name: fake.path), of: fake.user, deadline: deadline) { _ in }
      return "joined"
    } catch {
      return (error as? MessengerError)?.message ?? "\(error)"
    }
  }

  @MainLoop
  private static func values(of tasks: [Task<String, Never>]) async -> [String] {
    var values: [String] = []
    for task in tasks { values.append(await task.value) }
    return values
  }
}
