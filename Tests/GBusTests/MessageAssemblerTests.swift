import CReceiveBudget
import Testing

@testable import GBus

/// How a peer's bytes become messages.
@Suite struct MessageAssemblerTests {
  /// A message without a body and with one header field of 8 bytes, whose content doesn't matter to the meter.
  private static func message(_ number: UInt8) -> [UInt8] {
    [UInt8(ascii: "l"), 4, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0] + [UInt8](repeating: number, count: 8)
  }

  private let start = Deadline.now

  private static let three = message(1) + message(2) + message(3)

  @Test(arguments: 1...three.count) func messagesComeWholeHoweverTheyAreSent(_ length: Int) {
    var assembler = MessageAssembler(bounds: .sessionBus(admitting: .some), at: start)
    var messages: [[UInt8]] = []
    for begin in stride(from: 0, to: Self.three.count, by: length) {
      let verdict = Self.three[begin..<min(begin + length, Self.three.count)].withUnsafeBytes { bytes in
        assembler.take(bytes, at: start) {
          messages.append(Array($0))
          return true
        }
      }
      #expect(verdict == .goOn)
    }
    #expect(messages == [1, 2, 3].map(Self.message) && assembler.isBetweenMessages)
  }

  @Test func whatIsNotWantedAnyMoreIsKept() {
    var assembler = MessageAssembler(bounds: .sessionBus(admitting: .some), at: start)
    var numbers: [UInt8] = []
    let take: (UnsafeRawBufferPointer) -> Bool = {
      numbers.append($0[16])
      return false
    }
    #expect(Self.three.withUnsafeBytes { assembler.take($0, at: start, take) } == .goOn)
    #expect(numbers == [1] && !assembler.isBetweenMessages)
    #expect(assembler.take(UnsafeRawBufferPointer(start: nil, count: 0), at: start, take) == .goOn)
    #expect(numbers == [1, 2])
  }

  @Test func whatExceedsTheCreditWaits() {
    var assembler = MessageAssembler(bounds: .sessionBus(admitting: .some), at: start)
    var count = 0
    let many = (0..<2000).flatMap { _ in Self.message(0) }
    let verdict = many.withUnsafeBytes { bytes in
      assembler.take(bytes, at: start) { _ in
        count += 1
        return true
      }
    }
    guard case .pause(let duration) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    // Each costs 256 bytes of the credit and its own bytes, and one may exceed the credit.
    #expect(duration > .zero && count < Int(MSG_MOST_CREDIT) / (256 + 24) + 10)
    #expect(assembler.take(UnsafeRawBufferPointer(start: nil, count: 0), at: start) { _ in true } != .goOn)
  }

  @Test(
    arguments: [
      ([UInt8](repeating: 0, count: 16), "sent what is no D-Bus message"),
      (
        [UInt8(ascii: "l"), 4, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 8, 0, 0, 0],
        "sent a message of 65560 bytes; at most 65536 are taken"
      ),
    ]) func whatMayNotBeSentIsTold(_ bytes: [UInt8], _ act: String)
  {
    var assembler = MessageAssembler(bounds: .sessionBus(admitting: .some), at: start)
    #expect(bytes.withUnsafeBytes { assembler.take($0, at: start) { _ in true } } == .wrong(act))
  }
}
