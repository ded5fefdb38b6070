import GBus
import MessengerContract
import MessengerProxy
import Testing

@testable import MessengerService

struct DeliveryTests {
  private static let final = DeliveryState.allCases.filter(\.isFinal)

  @Test func beginsPending() {
    let delivery = Delivery(to: .test("c1", of: "ann", uid: 7, tty: "tty2"), timeout: .seconds(60))
    #expect(delivery.state == .pending && delivery.details.elapsed == nil)
    let value: [Value] = [
      .string("c1"), .string("ann"), .uint32(7), .string("pending"), Value(fields: delivery.details),
    ]
    #expect(Value(delivery) == .structure(value))
    #expect(
      Value(fields: delivery.details)
        == .dictionary(["session-name": .string("tty2"), "user-name": .string("ann"), "timeout": .uint32(60)]))
  }

  @Test func stayingUntilItIsAnsweredIsZeroSeconds() {
    #expect(Delivery(to: .test(), timeout: nil).details.timeout == 0)
  }

  @Test func hasNoTimeOnATerminal() {
    var session = LoginSession.test(type: "tty", tty: "pts/3")
    session.terminal = "pts/3"
    var delivery = Delivery(to: session, timeout: .seconds(60))
    let isEntered = delivery.enter(.written, by: .terminal, elapsed: 1)
    #expect(isEntered && delivery.details.timeout == nil && delivery.details.by == .terminal)
    #expect(delivery.state.isFinal && delivery.state.isReached && !delivery.isSeen)
  }

  @Test func mayFailBeforeItBegins() {
    let error = MessengerError(.noSuchRecipient, "no eve")
    let delivery = Delivery(failed: .init(recipient: "eve", error: error))
    let details: [String: Value] = [
      "elapsed": .double(0), "error": .string("org.msgd.Error.NoSuchRecipient"), "error-message": .string("no eve"),
    ]
    #expect(
      Value(delivery)
        == .structure([.string(""), .string("eve"), .uint32(.max), .string("failed"), .dictionary(details)]))
  }

  @Test(arguments: final, DeliveryState.allCases)
  func finalStateIsNeverLeft(_ state: DeliveryState, _ next: DeliveryState) {
    var delivery = Delivery(to: .test(), timeout: .seconds(60))
    let isEntered = delivery.enter(state, reply: "y", elapsed: 1)
    let before = delivery
    let isLeft = delivery.enter(next, reply: "n", error: MessengerError(.failed, "x"), elapsed: 2)
    #expect(isEntered && !isLeft && delivery == before)
  }

  @Test(arguments: final) func shownIsLeft(_ state: DeliveryState) {
    var delivery = Delivery(to: .test(), timeout: .seconds(60))
    let entered = [delivery.enter(.shown, elapsed: 1), delivery.enter(.shown, elapsed: 2)]
    #expect(entered == [true, false] && delivery.details.elapsed == nil)
    let isLeft = delivery.enter(state, elapsed: 3)
    #expect(isLeft && delivery.state == state && delivery.details.elapsed == 3)
  }

  @Test func sameStateIsNoChange() {
    var delivery = Delivery(to: .test(), timeout: .seconds(60))
    let isChange = delivery.enter(.pending, elapsed: 1)
    #expect(!isChange && delivery == Delivery(to: .test(), timeout: .seconds(60)))
  }

  private static let reason = MessengerError(.failed, "why")
  private static let details: [(DeliveryState, String?, MessengerError?, Set<String>)] = [
    (.shown, nil, nil, []), (.acknowledged, nil, nil, ["elapsed"]), (.acknowledged, "y", nil, ["elapsed", "reply"]),
    (.dismissed, nil, nil, ["elapsed"]), (.expired, nil, nil, ["elapsed"]), (.withdrawn, nil, nil, ["elapsed"]),
    (.sessionClosed, nil, nil, ["elapsed"]), (.suppressed, nil, reason, ["elapsed", "error", "error-message"]),
    (.failed, nil, reason, ["elapsed", "error", "error-message"]),
  ]

  @Test(arguments: details)
  func detailsFollowTheState(
    _ state: DeliveryState, _ reply: String?, _ error: MessengerError?, _ keys: Set<String>
  ) throws {
    var delivery = Delivery(to: .test(tty: "tty2"), timeout: .seconds(60))
    _ = delivery.enter(state, reply: reply, error: error, elapsed: 1.5)
    let details = try #require(Value(fields: delivery.details).dictionary)
    #expect(Set(details.keys) == keys.union(["session-name", "user-name", "timeout"]))
    #expect(details["elapsed"] == (keys.contains("elapsed") ? .double(1.5) : nil))
    #expect(details["reply"] == reply.map(Value.string))
    #expect(details["error"] == (error == nil ? nil : .string("org.msgd.Error.Failed")))
    #expect(details["error-message"] == (error?.message).map(Value.string))
  }
}
