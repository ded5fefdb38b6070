import Foundation
import TestSupport
import Testing

@testable import GBus

/// A bus that sends faster than the main loop takes.
@Suite(.timeLimit(.minutes(1))) struct FloodTests {
  /// What comes in while the main loop stands still waits in memory: the credit's worth at the most.
  @Test func whatWaitsForTheMainLoopIsBounded() async throws {
    try await MainLoop.test {
      let (joining, peer) = try await TestSocket.joinMute(deadline: .patient)
      try await MainLoop.untilReadable(peer.fileDescriptor, deadline: .patient)
      try peer.write(contentsOf: Self.helloAnswer)
      let connection = try await joining.value
      let seen = Recorder<String>()
      connection.subscribe(SignalFilter(member: "Changed")) { seen.record($0.member) }
      let begin = Deadline.now
      try Self.flood(connection, from: peer)
      let waiting = Recorder<Int>()
      // The next time around all that waits now is handed out; the time after that it is counted.
      MainLoop.task { MainLoop.task { waiting.record(seen.elements.count) } }
      await waiting.wait(for: 1)
      let time = Deadline.now - begin
      #expect(!connection.isClosed && connection.isFlooded)
      // 256 KiB, and 64 KiB for each second, at 256 bytes and the message's own; the last may go beyond.
      let most = (256 + 64 * time.seconds) * 1024 / Double(256 + Self.signal.count)
      #expect(waiting.elements[0] > 0 && Double(waiting.elements[0]) < most + 1)
      connection.close()
      try peer.close()
    }
  }

  /// Sends signals on the main loop's own thread, which so stands still, until the connection reads no more; where it always
  /// does, more than any bound lets through.
  @MainLoop
  private static func flood(_ connection: Connection, from peer: FileHandle) throws {
    // A small buffer, which is full as soon as nobody reads.
    var size: Int32 = 1
    let length = socklen_t(MemoryLayout.size(ofValue: size))
    try #require(setsockopt(peer.fileDescriptor, SOL_SOCKET, SO_SNDBUF, &size, length) == 0)
    let signal = Self.signal
    for _ in 1...10_000 {
      // One that isn't flooded yet will read on.
      let flags = connection.isFlooded ? MSG_DONTWAIT : 0
      guard send(signal, to: peer, flags: Int32(flags)) else { return }
    }
  }

  private static var helloAnswer: Data {
    message(type: 2, fields: [field(5, "u", number(1)), field(8, "g", [1, UInt8(ascii: "s"), 0])], body: text(":1.1"))
  }

  private static var signal: Data {
    message(
      type: 4, fields: [field(1, "o", text("/")), field(2, "s", text("a.b")), field(3, "s", text("Changed"))], body: [])
  }

  private static func send(_ bytes: Data, to peer: FileHandle, flags: Int32) -> Bool {
    let flags = flags | Int32(MSG_NOSIGNAL)
    return bytes.withUnsafeBytes { Glibc.send(peer.fileDescriptor, $0.baseAddress, $0.count, flags) } == bytes.count
  }

  /// A message with little-endian numbers (D-Bus Specification, Message Format).
  private static func message(type: UInt8, fields: [[UInt8]], body: [UInt8]) -> Data {
    let fields = fields.reduce([]) { padded($0) + $1 }
    let start = [UInt8(ascii: "l"), type, 0, 1] + number(UInt32(body.count)) + number(1)
    return Data(padded(start + number(UInt32(fields.count)) + fields) + body)
  }

  private static func field(_ code: UInt8, _ type: Character, _ value: [UInt8]) -> [UInt8] {
    [code, 1, type.asciiValue ?? 0, 0] + value
  }

  private static func text(_ text: String) -> [UInt8] { number(UInt32(text.utf8.count)) + text.utf8 + [0] }

  private static func number(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.littleEndian, Array.init) }

  private static func padded(_ bytes: [UInt8]) -> [UInt8] { bytes + Array(repeating: 0, count: -bytes.count & 7) }
}
