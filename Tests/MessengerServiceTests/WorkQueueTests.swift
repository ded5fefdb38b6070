import GBus
import TestSupport
import Testing

@testable import MessengerService

/// Work that is done a few items at a time.
@Suite(.timeLimit(.minutes(1))) struct WorkQueueTests {
  @Test func fewAreWorkedOnAtOnceAndAllInTheEnd() async {
    await MainLoop.test {
      let begun = Recorder<Int>()
      let silence = Silence()
      let backlog = WorkQueue<Int>(atOnce: 3) { item in
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

  /// Work on each item appends another item, without end.
  @MainLoop private final class Feeder {
    var backlog: WorkQueue<Int>?
  }

  @Test func whoAppendsWithoutEndHoldsUpNobody() async {
    await MainLoop.test {
      let done = Recorder<Int>()
      let feeder = Feeder()
      let backlog = WorkQueue<Int>(atOnce: 2) { item in
        feeder.backlog?.append(item + 2)
        await MainLoop.task {}.value
        done.record(item)
      }
      feeder.backlog = backlog
      for item in 1...2 { backlog.append(item) }
      await done.wait(for: 10)
      let last = done.elements.max() ?? 0
      await backlog.done()
      #expect(done.elements.contains(last + 1) && !backlog.isEmpty)
      feeder.backlog = nil
      await backlog.done()
      #expect(backlog.isEmpty)
    }
  }
}
