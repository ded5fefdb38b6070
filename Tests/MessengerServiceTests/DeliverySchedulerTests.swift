import GBus
import TestSupport
import Testing

@testable import MessengerService

/// The order in which deliveries begin.
@Suite(.timeLimit(.minutes(1))) struct DeliverySchedulerTests {
  @Test func fewAreAtWork() async {
    await MainLoop.test {
      let line = DeliveryScheduler()
      let begun = Recorder<DeliveryScheduler.Place>()
      for _ in 1...100 { line.enter(for: 1) { begun.record($0) } }
      let first = begun.elements.count
      #expect((1..<100).contains(first))
      for place in begun.elements.prefix(3) {
        place.leave()
        place.leave()
      }
      #expect(begun.elements.count == first + 3)
    }
  }

  @Test func messagesTakeTurns() async {
    await MainLoop.test {
      let line = DeliveryScheduler()
      let begun = Recorder<(message: UInt64, place: DeliveryScheduler.Place)>()
      for message: UInt64 in [1, 2] {
        for _ in 1...100 { line.enter(for: message) { begun.record((message, $0)) } }
      }
      let first = begun.elements.count
      #expect(begun.elements.allSatisfy { $0.message == 1 })
      for entry in begun.elements.prefix(6) { entry.place.leave() }
      #expect(begun.elements.dropFirst(first).map(\.message) == [1, 2, 1, 2, 1, 2])
    }
  }

  @Test func whoTakesLongHoldsUpNobody() async {
    await MainLoop.test {
      let line = DeliveryScheduler()
      let begun = Recorder<DeliveryScheduler.Place>()
      for _ in 1...100 { line.enter(for: 1) { begun.record($0) } }
      await begun.wait(for: 100)
    }
  }
}
