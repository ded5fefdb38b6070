import MessengerClient
import MessengerContract
import MsgCommand
import Testing

/// Reply buttons, ids, and what is printed or not.
@Suite struct ReplyTests {
  private let answered = FakeService(
    .success([.bob(.acknowledged, reply: "yes"), .alice(.expired)]),
    after: [Delivery.bob(.acknowledged, reply: "yes").change])

  @Test func printsEachReplyOnce() {
    let run = Run("*", "--reply", "yes=Yes", "--reply", "no=No", "Lunch?", service: answered)
    #expect(run.output == "bob\tyes\n")
    #expect(run.errors == "Timeout on message to session tty2 before user response\n")
    #expect(run.status == .notAcknowledged)
    #expect(run.call?.options.wait == true)
  }

  @Test func quietTellsNothing() {
    let run = Run("*", "--quiet", "--reply", "yes=Yes", "Lunch?", service: answered)
    #expect(run.output.isEmpty && run.errors.isEmpty)
    #expect(run.status == .notAcknowledged)
  }

  @Test func quietStillTellsOfMistakes() {
    let run = Run("bob", "--quiet", "hi", service: FakeService(.failure(ClientError.serviceLost(reason: "gone"))))
    #expect(run.errors.hasPrefix("msg: "))
    #expect(Run("bob", "--quiet", "/FOO", "hi").errors.hasPrefix("Invalid parameter(s)\n"))
  }

  @Test func printsTheID() {
    #expect(Run("bob", "--print-id", "hi").output == "1\n")
    // While it waits, the id is wanted at once.
    #expect(Run("bob", "--print-id", "/W", "/V", "hi").output.hasPrefix("1\nSending"))
  }

  @Test func interruptingIsPreparedWhereItWaits() {
    #expect(Run("bob", "hi").interruptLine == nil)
    #expect(Run("bob", "/W", "hi").interruptLine == "no longer waiting; nothing is withdrawn")
    let world = Run.World(remote: ["pc1": FakeService(.success([]), after: [Delivery.bob(.shown).change])])
    #expect(
      Run("/SERVER:pc1", "bob", "/W", "hi", in: world).interruptLine
        == "no longer waiting; nothing is withdrawn, which takes: msg --withdraw 1 /SERVER:pc1")
  }

  @Test func withdraws() {
    let service = FakeService()
    let run = Run("--withdraw", "17", service: service)
    #expect(run.status == .success)
    #expect(service.withdrawn == [17] && service.calls.isEmpty)
    #expect(run.output.isEmpty && run.errors.isEmpty)
  }

  @Test func saysWhatCannotBeWithdrawn() {
    let error = MessengerError(.noSuchMessage, "there is no message 17")
    let run = Run("--withdraw=17", service: FakeService(.failure(error)))
    #expect(run.status == .notReached)
    #expect(run.errors == "msg: there is no message 17\n")
  }
}
