import GBus
import TestSupport
import Testing

@testable import MessengerService

/// What is worked through a few at a time.
@Suite(.timeLimit(.minutes(1))) struct BacklogTests {
  @Test func fewAreWorkedOnAtOnceAndAllInTheEnd() async {
    await MainLoop.test {
      let begun = Recorder<Int>()
      let silence = Silence()
      let backlog = Backlog<Int>(atOnce: 3) { item in
        begun.record(item)
        await silence.wait()
      }
      for item in 1...10 { backlog.append(item) }
      for item in 1...10 where item > 3 { backlog.append(item) }
      await begun.wait(for: 3)
      await MainLoop.task {}.value
      #expect(begun.elements == [1, 2, 3])
      silence.end()
      await backlog.done()
      #expect(begun.elements == Array(1...10))
      backlog.append(11)
      await backlog.done()
      #expect(begun.elements.last == 11)
    }
  }
}
