import MessengerClient
import MessengerContract
import MsgCommand
import enum MsgCommand.ExitStatus
import Testing

/// The command's output with `/W`, and its exit status.
@Suite struct WaitTests {
  @Test(
    arguments: [
      (.acknowledged, "Message to session :2 responded to by user", .success),
      (.dismissed, "Message to session :2 closed without response", .notAcknowledged),
      (.expired, "Timeout on message to session :2 before user response", .notAcknowledged),
      (.withdrawn, "Message to session :2 withdrawn before user response", .notAcknowledged),
      (.shown, "Message to session :2 not responded to", .notAcknowledged),
    ] as [(DeliveryState, String, ExitStatus)])
  func tellsEachEnd(_ state: DeliveryState, _ line: String, _ status: ExitStatus) {
    let verbose = Run("bob", "/V", "/W", "hi", service: FakeService(.success([.bob(state)])))
    #expect(verbose.output == "Sending message to bob (session :2), display time 60\n\(line)\n")
    #expect(verbose.errors.isEmpty)
    #expect(verbose.status == status)
    let quiet = Run("bob", "/W", "hi", service: FakeService(.success([.bob(state)])))
    #expect(quiet.output.isEmpty)
    #expect(quiet.errors == (state == .acknowledged ? "" : line + "\n"))
    #expect(quiet.status == status)
  }

  @Test func tellsInTheOrderOfTheNewsAndOnce() {
    let news: [Delivery] = [
      .bob(.shown), .alice(.shown), .alice(.acknowledged), .bob(.expired),
    ]
    let service = FakeService(.success([.bob(.expired), .alice(.acknowledged)]), after: news.map(\.change))
    let run = Run("*", "/W", "/V", "/TIME:9", "hi", service: service)
    #expect(
      run.output == """
        Sending message to bob (session :2), display time 9
        Sending message to alice (session tty2), display time 9
        Message to session tty2 responded to by user
        Timeout on message to session :2 before user response

        """)
    #expect(run.errors.isEmpty)
    #expect(run.status == .notAcknowledged)
    #expect(run.call?.options.wait == true)
  }

  @Test func failureGoesBeforeNoAcknowledgement() {
    let reason = MessengerError(.failed, "no answer")
    let news = [Delivery.bob(.failed, error: reason), .alice(.expired)]
    let run = Run("*", "/W", "hi", service: FakeService(.success(news), after: news.map(\.change)))
    #expect(run.status == .notReached)
    #expect(
      run.errors == """
        bob (session 2, :2): failed: no answer
        Timeout on message to session tty2 before user response

        """)
  }

  @Test func newsWithoutWaitingIsNotTold() {
    let service = FakeService(.success([.bob(.shown)]), after: [Delivery.bob(.shown).change])
    #expect(
      Run("bob", "/V", "hi", service: service).output == """
        Sending message to bob (session :2), display time 60
        Async message sent to bob (session :2)

        """)
  }
}
