import MessengerClient
import MessengerContract
import MsgCommand
import enum MsgCommand.ExitStatus
import Testing

/// The command's end if the service refuses or can't be asked.
@Suite struct ErrorTests {
  @Test(
    arguments: [
      (.invalidArgument, .usage), (.noSuchRecipient, .noSuchRecipient), (.noSession, .notReached),
      (.notAuthorized, .notAuthorized), (.limitExceeded, .notAuthorized), (.noSuchMessage, .notReached),
      (.unavailable, .unavailable), (.failed, .internalError),
    ] as [(MessengerErrorCode, ExitStatus)])
  func refusalByTheService(_ code: MessengerErrorCode, _ status: ExitStatus) {
    let run = Run("bob", "hi", service: FakeService(.failure(MessengerError(code, "the reason"))))
    #expect(run.status == status)
    let line = code == .noSuchRecipient ? "bob does not exist or is disconnected" : "msg: the reason"
    #expect(run.errors == line + "\n")
    #expect(run.output.isEmpty)
  }

  @Test func everyoneIsNotAName() {
    let run = Run(
      "--all", "hi", service: FakeService(.failure(MessengerError(.noSuchRecipient, "nobody is logged in"))))
    #expect(run.status == .noSuchRecipient)
    #expect(run.errors == "msg: nobody is logged in\n")
  }

  @Test func tooLongABodyIsTheUsersMistake() {
    let service = FakeService(.failure(MessengerError(.limitExceeded, "longer than 4096 characters")))
    let run = Run("bob", String(repeating: "é", count: Messenger.maximumBodyLength + 1), service: service)
    #expect(run.status == .usage)
    #expect(run.errors == "msg: longer than 4096 characters\n")
  }

  @Test(
    arguments: [
      (.busUnreachable(address: "the system bus", reason: "no such file"), .unavailable),
      (.serviceUnavailable(reason: "not activatable"), .unavailable),
      (.serviceLost(reason: "gone"), .unavailable),
      (.noAnswer(seconds: 30), .unavailable),
      (.busFull(reason: "full"), .unavailable),
      (.accessDenied(reason: "policy"), .notAuthorized),
      (.malformedAnswer("unknown state 'lost'"), .internalError),
      (.unexpectedError(name: "com.example.Odd", reason: "odd"), .internalError),
      (.outOfMemory, .internalError),
    ] as [(ClientError, ExitStatus)])
  func serviceOutOfReach(_ error: ClientError, _ status: ExitStatus) {
    let run = Run("bob", "hi", service: FakeService(.failure(error)))
    #expect(run.status == status)
    #expect(run.errors == "msg: \(error)\n")
    #expect(run.output.isEmpty)
  }
}
