import Foundation
import GBus
import Synchronization
import TestSupport
import Testing

@testable import MessengerService

/// What hangs on threads, and what only seems to. The clock is the tests' own, and each attempt ends when they say so.
@Suite(.timeLimit(.minutes(1))) struct AttemptsTests {
  /// An attempt that a thread has begun, and which ends when ``Held/end()`` is called.
  @MainLoop
  private final class Held {
    let begun = Recorder<Void>()
    let late = Recorder<String>()
    private let gate = DispatchSemaphore(value: 0)
    private let task: Task<String, any Error>

    init(at goal: String, of uid: UInt32 = 1, by attempts: Attempts) {
      let (gate, begun, late) = (gate, begun, late)
      task = MainLoop.task {
        try await attempts.make(at: goal, of: uid, until: .never, late: { late.record($0) }) {
          MainLoop.task { begun.record(()) }
          gate.wait()
          return goal
        }
      }
    }

    /// Nobody waits for it any more.
    func cancel() { task.cancel() }

    func end() { gate.signal() }

    func value() async throws -> String { try await task.value }
  }

  /// A clock that shows the time from which all hang that hasn't returned, once it is late.
  @MainLoop
  private final class Clock {
    var isLate = false
    var now: Deadline { isLate ? .never : .now }
  }

  @MainLoop
  private static func make(_ goal: String, of uid: UInt32 = 1, by attempts: Attempts) async throws -> String {
    try await attempts.make(at: goal, of: uid, until: .never) { goal }
  }

  @Test func whatIsSlowHindersNothing() async throws {
    try await MainLoop.test {
      let attempts = Attempts(mostHanging: 1)
      let held = Held(at: "a", by: attempts)
      await held.begun.wait(for: 1)
      let again = try await Self.make("a", by: attempts)
      #expect(again == "a")
      #expect(try await Self.make("b", by: attempts) == "b")
      held.end()
      #expect(try await held.value() == "a")
    }
  }

  @Test func whatWasGivenUpHindersNothing() async throws {
    try await MainLoop.test {
      let attempts = Attempts(mostHanging: 1)
      let held = Held(at: "a", by: attempts)
      await held.begun.wait(for: 1)
      held.cancel()
      await #expect(throws: BusError.cancelled) { try await held.value() }
      let again = try await Self.make("a", by: attempts)
      #expect(again == "a")
      held.end()
      await held.late.wait(for: 1)
      #expect(held.late.elements == ["a"])
    }
  }

  @Test func whatHangsIsNotBegunAgainAndHindersNoOther() async throws {
    try await MainLoop.test {
      let clock = Clock()
      let attempts = Attempts(mostHanging: 2) { clock.now }
      let held = Held(at: "a", by: attempts)
      await held.begun.wait(for: 1)
      clock.isLate = true
      await #expect(throws: Attempts.Failure.hangs) { try await Self.make("a", by: attempts) }
      #expect(try await Self.make("b", by: attempts) == "b")
      #expect(try await Self.make("a", of: 2, by: attempts) == "a")
      held.end()
      _ = try await held.value()
      #expect(try await Self.make("a", by: attempts) == "a")
    }
  }

  /// The end of one says nothing of the others.
  @Test func eachHangsForItself() async throws {
    try await MainLoop.test {
      let clock = Clock()
      let attempts = Attempts(mostHanging: 4) { clock.now }
      let held = [Held(at: "a", by: attempts), Held(at: "a", by: attempts), Held(at: "b", by: attempts)]
      for attempt in held { await attempt.begun.wait(for: 1) }
      clock.isLate = true
      for attempt in [held[0], held[2]] {
        attempt.end()
        _ = try await attempt.value()
      }
      await #expect(throws: Attempts.Failure.hangs) { try await Self.make("a", by: attempts) }
      #expect(try await Self.make("b", by: attempts) == "b")
      held[1].end()
      _ = try await held[1].value()
      #expect(try await Self.make("a", by: attempts) == "a")
    }
  }

  @Test func onlySomeOfAUsersMayHang() async throws {
    try await MainLoop.test {
      let clock = Clock()
      let attempts = Attempts(mostHanging: 2) { clock.now }
      let held = [Held(at: "a", by: attempts), Held(at: "b", by: attempts)]
      for attempt in held { await attempt.begun.wait(for: 1) }
      clock.isLate = true
      await #expect(throws: Attempts.Failure.tooMany(2)) { try await Self.make("c", by: attempts) }
      #expect(try await Self.make("c", of: 2, by: attempts) == "c")
      held[0].end()
      _ = try await held[0].value()
      #expect(try await Self.make("c", by: attempts) == "c")
      held[1].end()
      _ = try await held[1].value()
    }
  }

  @Test func whatNoThreadHasBegunDoesNotHangAndIsNotDone() {
    let abandoned = Attempts.Attempt(at: "a", until: .now)
    #expect(!abandoned.hangs(at: .never))
    #expect(abandoned.abandon() && !abandoned.begin() && !abandoned.hangs(at: .never))
    let begun = Attempts.Attempt(at: "a", until: .now)
    #expect(begun.begin() && !begun.abandon() && begun.hangs(at: .never))
  }
}
