import Foundation
import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

/// The limit on a user's buses.
@Suite(.timeLimit(.minutes(1))) struct DesktopPoolTests {
  /// The buses are in use until they hang up, which they do without a word when the test says so.
  @Test func oneMoreThanAllowedIsRefusedUntilOthersAreLeft() async throws {
    let fakes = try (0...DesktopPool.mostOfUser).map { _ in try FakeBus() }
    let mayHangUp = DispatchSemaphore(value: 0)
    for fake in fakes { fake.serve { _ in mayHangUp.wait() } }
    await MainLoop.test {
      let pool = DesktopPool(helper: .fake, keeping: .zero, atMost: 0)
      let attempts = fakes.map { fake in MainLoop.task { await Self.failure(of: pool, fake, .patient) } }
      #expect(await attempts[DesktopPool.mostOfUser].value == "me has more than 4 session buses")
      let hangingUp = "the session bus hung up during authentication"
      for _ in fakes { mayHangUp.signal() }
      let reasons = await Self.values(of: attempts.dropLast())
      #expect(reasons.allSatisfy { $0 == hangingUp }, "\(reasons)")
      #expect(await Self.failure(of: pool, fakes[DesktopPool.mostOfUser], .patient) == hangingUp)
    }
  }

  @MainLoop
  private static func failure(of pool: DesktopPool, _ fake: FakeBus, _ deadline: Deadline) async -> String {
    do {
      try await pool.withDesktop(at: BusAddress(name: fake.path), of: fake.user, deadline: deadline) { _ in }
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
