import Foundation
import TestSupport
import Testing

@testable import GBus

/// A pipe for a program's output, with writers that don't stop.
@Suite(.timeLimit(.minutes(1))) struct OutputPipeTests {
  @Test func theOutputHasComeWhenTheProgramHasEnded() async throws {
    try await MainLoop.test {
      let pipe = try OutputPipe(limit: 100)
      let writer = try #require(pipe.takeWriter())
      #expect(write(writer.number, "one\n", 4) == 4 && pipe.drain() == Array("one\n".utf8))
      #expect(write(writer.number, "two\n", 4) == 4 && pipe.drain() == Array("one\ntwo\n".utf8))
      #expect(pipe.takeWriter() == nil)
      pipe.close()
    }
  }

  @Test func whatIsTooMuchIsReportedOnce() async throws {
    try await MainLoop.test {
      let pipe = try OutputPipe(limit: 10)
      let writer = try #require(pipe.takeWriter())
      let excess = Recorder<String>()
      pipe.onExcess = { excess.record("excess") }
      #expect(write(writer.number, "0123456789", 10) == 10 && pipe.drain()?.count == 10)
      #expect(write(writer.number, "0123456789", 10) == 10)
      await excess.wait(for: 1)
      #expect(pipe.drain() == nil && excess.elements == ["excess"])
      // Nobody reads any more.
      signal(SIGPIPE, SIG_IGN)
      #expect(write(writer.number, "x", 1) == -1 && errno == EPIPE)
    }
  }

  @Test func theEndOfTheOutputIsNotAwaitedAgain() async throws {
    try await MainLoop.test {
      let pipe = try OutputPipe(limit: 10)
      do {
        let writer = try #require(pipe.takeWriter())
        #expect(write(writer.number, "x", 1) == 1)
      }
      #expect(pipe.drain() == [UInt8(ascii: "x")] && pipe.drain() == [UInt8(ascii: "x")])
    }
  }
}
