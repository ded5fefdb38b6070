import GBus
import MessengerContract
import MessengerProxy
import Testing

@testable import BridgeService

@Suite struct SignalPlacesTests {
  private let now = Deadline.now

  private func message(_ number: Int) -> DesktopMessage { DesktopMessage(body: "\(number)") }

  /// Places with three messages that stand, and one that waits.
  private func full() -> SignalPlaces {
    var places = SignalPlaces()
    for number in 0..<4 { _ = places.add(message(number)) }
    for number in 0..<3 {
      _ = places.next(at: now)
      places.sent(UInt64(number), at: now)
    }
    return places
  }

  @Test func nothingStandsWithoutAMessage() {
    var places = SignalPlaces()
    let next = places.next(at: now)
    #expect(next == nil)
  }

  @Test func threeAreSentAtOnce() {
    var places = SignalPlaces()
    for number in 0..<4 { _ = places.add(message(number)) }
    let steps = (0..<4).map { _ in places.next(at: now) }
    #expect(steps == (0..<3).map { .send(message($0)) } + [nil])
    places.sent(nil, at: now)
    let next = places.next(at: now)
    #expect(next == .send(message(3)))
  }

  @Test func anotherOneTakesThePlaceOfOneThatHasEnded() {
    var places = full()
    places.ended(1)
    let next = places.next(at: now)
    #expect(next == .send(message(3)))
  }

  @Test func anotherOneTakesThePlaceOfTheOldestAfterAWhile() {
    var places = full()
    let end = now + SignalPlaces.leastTime
    let steps = [places.next(at: now), places.next(at: end), places.next(at: end)]
    #expect(steps == [.wait(end), .withdraw(0), .send(message(3))])
  }

  @Test func allPlacesAreFreeWhenMsgdHasLeft() {
    var places = full()
    places.forgetAll()
    let next = places.next(at: now)
    #expect(next == .send(message(3)))
  }

  @Test func onlySomeWait() {
    var places = SignalPlaces()
    let taken = (0...SignalPlaces.mostWaiting).map { places.add(message($0)) }
    #expect(taken == [Bool](repeating: true, count: SignalPlaces.mostWaiting) + [false])
  }
}
