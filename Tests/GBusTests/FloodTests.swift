import Foundation
import TestSupport
import Testing

@testable import GBus

/// A bus that sends faster than the main loop takes.
@Suite(.timeLimit(.minutes(1))) struct FloodTests {
  /// At once, the credit's worth is taken, and then as much in a second as there is credit for.
  @Test func whatIsTakenIsBounded() async throws {
    try await MainLoop.test {
      let (joining, peer) = try await TestSocket.joinMute(deadline: .patient)
      try await MainLoop.untilReadable(peer.fileDescriptor, deadline: .patient)
      try peer.write(contentsOf: TestMessage.helloAnswer)
      let connection = try await joining.value
      let seen = Recorder<String>()
      connection.subscribe(SignalFilter(member: "Changed")) { seen.record($0.member) }
      let begin = Deadline.now
      let cost = 256 + Double(TestMessage.signal.count)
      let flood = MainLoop.task { try await MainLoop.blocking(deadline: .patient) { Self.flood(peer) } }
      let count = Int(256 * 1024 / cost) + 100
      await seen.wait(for: count)
      #expect((Deadline.now - begin).seconds >= (Double(count - 1) * cost / 1024 - 256) / 64)
      #expect(!connection.isClosed && connection.isFlooded)
      connection.close()
      #expect(try await flood.value < Self.many)
    }
  }

  private static let many = 10_000

  /// Sends signals until nobody takes them.
  ///
  /// - Returns: how many were taken.
  private static func flood(_ peer: FileHandle) -> Int {
    let signal = TestMessage.signal
    return (0..<many).first { _ in !send(signal, to: peer) } ?? many
  }

  private static func send(_ bytes: Data, to peer: FileHandle) -> Bool {
    let sent = bytes.withUnsafeBytes {
      Glibc.send(peer.fileDescriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    return sent == bytes.count
  }
}
