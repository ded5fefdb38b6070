import Foundation
import TestSupport
import Testing

@testable import GBus

/// Deadlines, and waiting for them.
@Suite(.timeLimit(.minutes(1))) struct WaitingTests {
  @Test func deadlinesAreOrdered() {
    let now = Deadline.now
    #expect(now < now + .microseconds(1))
    #expect((now + .seconds(2)) - now == .seconds(2))
    #expect((now + .milliseconds(1500) - now).seconds == 1.5)
    #expect((now + .seconds(-5)).milliseconds(from: now) == 1)
    #expect((now + .seconds(100 * 86400)).milliseconds(from: now) == .max)
    #expect((now + .microseconds(59_999_001)).milliseconds(from: now) == 60_000)
  }

  @Test func timersKeepTheirTime() async {
    await MainLoop.test {
      let start = Deadline.now
      let fired = Recorder<Int64>()
      let timers = [40, 10, 0, 20, 3_000_000_000].map { (delay: Int64) in
        Timer(at: start + .milliseconds(delay)) {
          #expect(Deadline.now >= start + .milliseconds(delay))
          fired.record(delay)
        }
      }
      timers[3].cancel()
      await fired.wait(for: 3)
      for timer in timers { timer.cancel() }
      #expect(fired.elements.sorted() == [0, 10, 40])
    }
  }

  @Test func sleepEndsAtItsDeadline() async throws {
    try await MainLoop.test {
      let deadline = Deadline.after(.milliseconds(5))
      try await MainLoop.sleep(until: deadline)
      #expect(Deadline.now >= deadline)
      try await MainLoop.sleep(until: deadline)
    }
  }

  @Test(arguments: [true, false]) func sleepEndsWithItsTask(_ atOnce: Bool) async {
    await MainLoop.test {
      let task = Task { @MainLoop in try await MainLoop.sleep(until: .patient) }
      if !atOnce { await Task.yield() }
      task.cancel()
      await #expect(throws: BusError.cancelled) { try await task.value }
    }
  }

  @Test func whatBlocksAnswers() async throws {
    try await MainLoop.test {
      let thread = try await MainLoop.blocking(deadline: .patient) { pthread_self() }
      #expect(thread != pthread_self())
      await #expect(throws: CocoaError.self) {
        try await MainLoop.blocking(deadline: .patient) { throw CocoaError(.featureUnsupported) }
      }
    }
  }

  @Test(arguments: [true, false]) func theWaitForWhatBlocksEndsEarly(_ byCancellation: Bool) async throws {
    await MainLoop.test {
      let mayReturn = DispatchSemaphore(value: 0)
      let deadline = byCancellation ? Deadline.patient : .after(.milliseconds(1))
      let task = Task { @MainLoop in
        try await MainLoop.blocking(deadline: deadline) { mayReturn.wait() }
      }
      if byCancellation { task.cancel() }
      await #expect(throws: byCancellation ? BusError.cancelled : .timedOut) { try await task.value }
      mayReturn.signal()
    }
  }

  @Test func whatBlocksForLongKeepsNobodyWaiting() async throws {
    try await MainLoop.test {
      let mayReturn = DispatchSemaphore(value: 0)
      let blocked = (0..<4).map { _ in
        MainLoop.task { try await MainLoop.blocking(deadline: .patient) { mayReturn.wait() } }
      }
      #expect(try await MainLoop.blocking(deadline: .patient) { 1 } == 1)
      for _ in blocked { mayReturn.signal() }
      for task in blocked { try await task.value }
    }
  }

  @Test(arguments: [true, false]) func whoWaitsForASharedTaskGoesOnInTurn(_ succeeds: Bool) async {
    await MainLoop.test {
      let order = Recorder<Int>()
      let task = SharedTask<Int> {
        await order.wait(for: 3)
        if !succeeds { throw BusError.cancelled }
        return 7
      }
      let waiters = (0..<3).map { number in
        MainLoop.task {
          order.record(number)
          let value = try? await task.value
          order.record(10 + number)
          return value
        }
      }
      for waiter in waiters { #expect(await waiter.value == (succeeds ? 7 : nil)) }
      #expect(order.elements == [0, 1, 2, 10, 11, 12])
      #expect((try? await task.value) == (succeeds ? 7 : nil))
    }
  }

  @Test func whoComesAtTheEndOfASharedTaskGoesOnBehindThoseWhoWaited() async {
    await MainLoop.test {
      let order = Recorder<Int>()
      func waiter(_ number: Int, _ task: SharedTask<Void>) -> Task<Void, Never> {
        MainLoop.task {
          order.record(number)
          try? await task.value
          order.record(10 + number)
        }
      }
      let shared = Recorder<SharedTask<Void>>()
      let late = Recorder<Task<Void, Never>>()
      let task = SharedTask {
        await order.wait(for: 2)
        late.record(waiter(2, shared.elements[0]))
      }
      shared.record(task)
      for waiter in [waiter(0, task), waiter(1, task)] { await waiter.value }
      await late.elements[0].value
      #expect(order.elements == [0, 1, 2, 10, 11, 12])
    }
  }

  @Test func pipeIsReadable() async throws {
    try await MainLoop.test {
      let pipe = Pipe()
      let task = Task { @MainLoop in
        try await MainLoop.untilReadable(pipe.fileHandleForReading.fileDescriptor, deadline: .patient)
      }
      await Task.yield()
      pipe.fileHandleForWriting.write(Data("a".utf8))
      try await task.value
      try await MainLoop.untilReadable(pipe.fileHandleForReading.fileDescriptor, deadline: .patient)
    }
  }

  @Test func pipeThatHangsUpIsReadable() async throws {
    try await MainLoop.test {
      let pipe = Pipe()
      try pipe.fileHandleForWriting.close()
      try await MainLoop.untilReadable(pipe.fileHandleForReading.fileDescriptor, deadline: .patient)
    }
  }

  @Test func silentPipeTimesOut() async throws {
    await MainLoop.test {
      let pipe = Pipe()
      await #expect(throws: BusError.timedOut) {
        try await MainLoop.untilReadable(
          pipe.fileHandleForReading.fileDescriptor, deadline: .after(.milliseconds(1)))
      }
    }
  }
}
