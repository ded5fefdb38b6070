import GBus
import Glibc
import MessengerContract
import Testing

@testable import BridgeService

@Suite struct SentMessageTests {
  private let now = Deadline.now

  private func delivery(_ session: String, _ state: DeliveryState) -> Delivery {
    Delivery(sessionID: session, userName: "alice", uid: 1000, state: state)
  }

  private func sent() -> SentMessage {
    SentMessage(id: 7, deliveries: [delivery("1", .shown), delivery("2", .acknowledged)])
  }

  @Test func somebodyStillSeesIt() { #expect(sent().isLost(at: now)) }

  @Test func everybodyHasClosedIt() {
    var message = sent()
    message.note([delivery("1", .dismissed)], at: now)
    #expect(!message.isLost(at: now))
  }

  @Test func aServiceThatLeavesTakesItBack() {
    var message = sent()
    message.note([delivery("1", .withdrawn)], at: now)
    #expect(message.isLost(at: now + .seconds(1)))
    #expect(!message.isLost(at: now + .seconds(600)))
  }
}

@Suite struct StandingMessagesTests {
  @Test func outlastACrash() throws {
    let path = "/tmp/msg-bridge-notes-\(UInt64.random(in: 0 ... .max))"
    var messages = StandingMessages(path: path)
    #expect(messages.ids == [])
    #expect(messages.note(1) && messages.note(2))
    messages.forget(1)
    #expect(StandingMessages(path: path).ids == [2])
    messages.forget(2)
    #expect(StandingMessages(path: path).ids == [])
    #expect(SmallFile.write([], to: path + "/no/folder") == false)
    #expect(unlink(path) == 0)
  }
}
