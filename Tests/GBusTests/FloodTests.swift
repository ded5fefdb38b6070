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
      try peer.write(contentsOf: Self.helloAnswer)
      let connection = try await joining.value
      let seen = Recorder<String>()
      connection.subscribe(SignalFilter(member: "Changed")) { seen.record($0.member) }
      let begin = Deadline.now
      let cost = 256 + Double(Self.signal.count)
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
    let signal = signal
    return (0..<many).first { _ in !send(signal, to: peer) } ?? many
  }

  private static var helloAnswer: Data {
    message(type: 2, fields: [field(5, "u", number(1)), field(8, "g", [1, UInt8(ascii: "s"), 0])], body: text(":1.1"))
  }

  private static var signal: Data {
    message(
      type: 4, fields: [field(1, "o", text("/")), field(2, "s", text("a.b")), field(3, "s", text("Changed"))], body: [])
  }

  private static func send(_ bytes: Data, to peer: FileHandle) -> Bool {
    let sent = bytes.withUnsafeBytes {
      Glibc.send(peer.fileDescriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    return sent == bytes.count
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
