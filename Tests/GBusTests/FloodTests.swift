import Foundation
import TestSupport
import Testing

@testable import GBus

/// A bus that sends faster than the main loop takes.
@Suite(.timeLimit(.minutes(1))) struct FloodTests {
  /// The full credit is accepted at once, and then as much as the clock gives credit for.
  @Test func whatIsTakenIsBounded() async throws {
    try await MainLoop.test {
      let (socket, peer) = try TestSocket.pair()
      let clock = FrozenClock(gain: .seconds(1))
      let connection = Connection(socket: socket, admitting: .some, clock: clock.now)
      clock.connection = connection
      try peer.write(contentsOf: TestMessage.helloAnswer)
      try await connection.join(deadline: .patient)
      let seen = Recorder<Bool>()
      connection.subscribe(SignalFilter(member: "Changed")) { _ in seen.record(connection.isFlooded) }
      let flood = MainLoop.task { try await MainLoop.blocking(deadline: .patient) { Self.flood(peer) } }
      let cost = 256 + TestMessage.signal.count
      let (atOnce, inASecond) = (256 * 1024 / cost, 64 * 1024 / cost)
      await seen.wait(for: atOnce + inASecond - 2)
      #expect(!connection.isClosed && connection.isFlooded)
      #expect(abs(seen.elements.count { !$0 } - atOnce) <= 2)
      // The clock stands still from now on, so no more are accepted.
      await MainLoop.task {}.value
      #expect(seen.elements.count <= atOnce + inASecond + 2)
      connection.close()
      #expect(try await flood.value < Self.many)
    }
  }

  private static let many = 10_000

  /// Sends signals until the socket accepts no more.
  ///
  /// - Returns: how many were accepted.
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
