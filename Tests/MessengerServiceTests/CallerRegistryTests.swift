import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

@Suite(.timeLimit(.minutes(1))) struct CallerRegistryTests {
  private struct Silence: Error {}

  @Test func eachConnectionIsAskedForOnce() async throws {
    try await MainLoop.test {
      let questions = Recorder<String>()
      let callers = CallerRegistry { name in
        questions.record(name)
        return Caller(busName: name, uid: 7)
      }
      let calls = (0..<100).map { _ in MainLoop.task { try await callers.caller(":1.1") } }
      for call in calls {
        let caller = try await call.value
        #expect(caller == Caller(busName: ":1.1", uid: 7))
      }
      let other = try await callers.caller(":1.2")
      #expect(other.busName == ":1.2")
      #expect(questions.elements == [":1.1", ":1.2"])
    }
  }

  @Test func failureIsNotRemembered() async throws {
    try await MainLoop.test {
      let questions = Recorder<String>()
      let callers = CallerRegistry { name in
        questions.record(name)
        guard questions.elements.count > 1 else { throw Silence() }
        return Caller(busName: name, uid: 7)
      }
      await #expect(throws: Silence.self) { try await callers.caller(":1.1") }
      let caller = try await callers.caller(":1.1")
      #expect(caller.uid == 7)
    }
  }

  @Test func aBusThatDoesNotAnswerIsTold() async {
    await MainLoop.test {
      let callers = CallerRegistry { _ in throw BusError.timedOut }
      let error = await #expect(throws: MessengerError.self) { try await callers.caller(":1.1") }
      #expect(error?.code == .unavailable)
      #expect(error?.message.hasPrefix("the system bus does not say in time who calls") == true)
    }
  }

  /// Any number of connections may call while the bus is asked about one.
  @Test func aQuestionIsKeptUntilItIsAnswered() async throws {
    try await MainLoop.test {
      let silence = TestSupport.Silence()
      let questions = Recorder<String>()
      let callers = CallerRegistry { name in
        questions.record(name)
        await silence.wait()
        return Caller(busName: name, uid: 7)
      }
      let first = MainLoop.task {
        _ = try await callers.caller(":1.0")
        return callers.known(":1.0")
      }
      await questions.wait(for: 1)
      let others = (1...300).map { number in MainLoop.task { try await callers.caller(":1.\(number)") } }
      await questions.wait(for: 301)
      silence.end()
      #expect(try await first.value == Caller(busName: ":1.0", uid: 7))
      for other in others { _ = try await other.value }
    }
  }

  @Test func noMoreThanSoManyAreRemembered() async throws {
    try await MainLoop.test {
      let questions = Recorder<String>()
      let callers = CallerRegistry { name in
        questions.record(name)
        return Caller(busName: name, uid: 7)
      }
      for number in 0..<257 { _ = try await callers.caller(":1.\(number)") }
      _ = try await callers.caller(":1.256")
      _ = try await callers.caller(":1.1")
      #expect(questions.elements.count == 257)
      _ = try await callers.caller(":1.0")
      #expect(questions.elements.count == 258)
    }
  }
}
