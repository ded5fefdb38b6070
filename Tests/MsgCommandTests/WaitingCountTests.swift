import MessengerClient
import MessengerContract
import Platform
import Testing

@testable import MsgCommand

/// The count of deliveries while `/W` waits.
@Suite struct WaitingCountTests {
  private let start = Deadline.now

  private func count(_ states: DeliveryState..., timeout: UInt32 = 60) -> WaitingCount {
    var count = WaitingCount(machines: 1)
    let deliveries = states.enumerated().map { Delivery.numbered($0.offset, $0.element, timeout: timeout) }
    count.note(deliveries, on: 0, at: start)
    return count
  }

  @Test func countsEachWordOnceInTheirOrder() {
    let count = count(
      .shown, .failed, .withdrawn, .expired, .dismissed, .acknowledged, .acknowledged, .pending, .muted, .suppressed,
      .sessionClosed)
    #expect(
      count.line(at: start)
        == "2 acknowledged · 1 dismissed · 1 timed out · 1 withdrawn · 4 not reached · 2 waiting · 1:00 left")
  }

  @Test func isForMoreThanThree() {
    #expect(count(.shown, .shown, .acknowledged).line(at: start) == nil)
    #expect(count(.shown, .shown, .acknowledged, .shown).line(at: start) == "1 acknowledged · 3 waiting · 1:00 left")
  }

  @Test func countsNoNames() {
    var count = count(.shown, .shown, .shown)
    count.note([.unknown("eve"), .unknown("mallory")], on: 0, at: start)
    #expect(count.line(at: start) == nil)
  }

  @Test(
    arguments: [
      (0, "10:00"), (1, "10:00"), (1000, "9:59"), (540_000, "1:00"), (541_000, "0:59"), (599_999, "0:01"),
      (600_000, "0:00"), (700_000, "0:00"),
    ])
  func countsDown(_ milliseconds: Int, _ left: String) {
    let count = count(.shown, .shown, .shown, .shown, timeout: 600)
    #expect(count.line(at: start + .milliseconds(milliseconds)) == "4 waiting · \(left) left")
  }

  @Test func theLastOfTheTimesCounts() {
    var count = count(.shown, .shown, .shown, .shown)
    count.note([.numbered(1, .pending)], on: 0, at: start + .seconds(5))
    #expect(count.line(at: start + .seconds(10)) == "4 waiting · 0:55 left")
    count.note([.numbered(1, .shown)], on: 0, at: start + .seconds(20))
    #expect(count.line(at: start + .seconds(20)) == "4 waiting · 1:00 left")
    count.note([.numbered(1, .acknowledged)], on: 0, at: start + .seconds(30))
    #expect(count.line(at: start + .seconds(30)) == "1 acknowledged · 3 waiting · 0:30 left")
  }

  @Test func noTimeIsLeftForPopupsThatStay() {
    #expect(count(.shown, .shown, .shown, .shown, timeout: 0).line(at: start) == "4 waiting")
  }

  @Test func noTimeIsLeftForWhatHasEnded() {
    let one = count(.shown, .muted, .muted, .expired)
    #expect(one.line(at: start) == "1 timed out · 2 not reached · 1 waiting · 1:00 left")
    #expect(count(.muted, .muted, .muted, .expired).line(at: start) == "1 timed out · 3 not reached")
  }

  @Test func whatIsPutOffIsWaitedForAndNobodyKnowsHowLong() {
    #expect(count(.deferred, .shown, .shown, .acknowledged).line(at: start) == "1 acknowledged · 3 waiting")
  }

  @Test func countsTheSessionsOfAllMachinesOnceEachIsHeardOf() {
    var count = WaitingCount(machines: 3)
    count.note((1...4).map { .numbered($0, .shown) }, on: 0, at: start)
    count.note([.numbered(1, .acknowledged)], on: 1, at: start)
    #expect(count.line(at: start) == nil)
    count.end(2)
    #expect(count.line(at: start) == "1 acknowledged · 4 waiting · 1:00 left")
  }

  @Test func waitsForNothingOnAMachineThatFailed() {
    var count = WaitingCount(machines: 2)
    count.note((1...4).map { .numbered($0, .shown) }, on: 0, at: start)
    count.note([.numbered(1, .acknowledged), .numbered(2, .shown)], on: 1, at: start)
    count.end(1)
    #expect(count.line(at: start) == "1 acknowledged · 4 waiting · 1:00 left")
    count.end(0)
    #expect(count.line(at: start) == nil)
  }
}

extension Delivery {
  /// A delivery to one of many sessions.
  static func numbered(_ number: Int, _ state: DeliveryState, timeout: UInt32 = 60) -> Delivery {
    Delivery(
      sessionID: "\(number)", userName: "user\(number)", uid: 2000 + UInt32(number), state: state,
      details: DeliveryDetails(sessionName: ":\(number)", timeout: timeout))
  }
}
