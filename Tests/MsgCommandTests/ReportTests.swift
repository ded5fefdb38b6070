import MessengerClient
import MessengerContract
import Testing

@testable import MsgCommand

/// The command's output, and its exit status.
@Suite struct ReportTests {
  @Test func isQuietWhereAllIsWell() {
    let run = Run("bob", "hi")
    #expect(run.status == .success)
    #expect(run.output.isEmpty && run.errors.isEmpty)
  }

  @Test func tellsEachSessionWithV() {
    let run = Run("*", "/V", "/TIME:5", "hi", service: FakeService(.success([.bob(.shown), .alice(.shown)])))
    #expect(run.status == .success)
    #expect(
      run.output == """
        Sending message to bob (session :2), display time 5
        Async message sent to bob (session :2)
        Sending message to alice (session tty2), display time 5
        Async message sent to alice (session tty2)

        """)
    #expect(run.errors.isEmpty)
  }

  @Test func saysWithVThatAWindowShowedIt() {
    var delivery = Delivery.bob(.acknowledged)
    delivery.details.by = .window
    let run = Run("bob", "/V", "/W", "hi", service: FakeService(.success([delivery])))
    #expect(run.output.hasSuffix("Message to session :2 responded to by user (in a window)\n"))
    let json = Run("bob", "--json", "hi", service: FakeService(.success([delivery]))).output
    #expect(json.contains("\"by\": \"window\""))
  }

  /// A text on a terminal has no time, and nobody can answer it.
  @Test func saysWithVWhatWasWrittenOnATerminal() {
    let delivery = Delivery.onTerminal()
    let run = Run("cid", "/V", "--terminals", "hi", service: FakeService(.success([delivery])))
    #expect(
      run.output == """
        Sending message to cid (session pts/3)
        Async message sent to cid (session pts/3) (on the terminal)

        """)
    let waited = Run("cid", "/V", "/W", "--terminals", "hi", service: FakeService(.success([delivery])))
    #expect(waited.output.hasSuffix("\nMessage to session pts/3 written on the terminal\n"))
    #expect(run.status == .success && waited.status == .notAcknowledged && waited.errors.isEmpty)
    let quiet = Run("*", "/W", "hi", service: FakeService(.success([delivery, .bob(.acknowledged)])))
    #expect(quiet.status == .notAcknowledged && quiet.output.isEmpty && quiet.errors.isEmpty)
    let json = Run("cid", "--json", "hi", service: FakeService(.success([delivery]))).output
    #expect(json.contains("\"state\": \"written\"") && json.contains("\"by\": \"terminal\""))
  }

  @Test func aTerminalAcknowledgesForNobodyElse() {
    let service = FakeService(.success([.onTerminal(), .bob(.expired)]))
    #expect(Run("*", "/W", "hi", service: service).status == .notAcknowledged)
  }

  @Test func saysWithVWhatTheDesktopMayHide() {
    var delivery = Delivery.bob(.shown)
    delivery.details.certain = false
    let shown = Run("bob", "/V", "hi", service: FakeService(.success([delivery])))
    #expect(shown.output.hasSuffix("Async message sent to bob (session :2) (the desktop may hide it)\n"))
    #expect(shown.status == .success)
    #expect(Run("bob", "hi", service: FakeService(.success([delivery]))).output.isEmpty)
    let json = Run("bob", "--json", "hi", service: FakeService(.success([delivery]))).output
    #expect(json.contains("\"certain\": false"))
    delivery.state = .expired
    let expired = Run("bob", "/V", "/W", "hi", service: FakeService(.success([delivery])))
    #expect(
      expired.output.hasSuffix(
        "Timeout on message to session :2 before user response (the desktop may have hidden it)\n"))
  }

  @Test func saysUntilWhenItIsPutOff() {
    var delivery = Delivery.bob(.deferred)
    (delivery.details.returns, delivery.details.deferrals) = (1_795_241_721 + 600, 2)
    let clock = Timestamp(seconds: 1_795_241_721 + 600).clock(seenAt: Timestamp(seconds: 1_795_241_721))
    let line = "Message to session :2 deferred until \(clock)\n"
    let service = FakeService(.success([.bob(.acknowledged)]), after: [delivery.change])
    #expect(Run("bob", "/V", "/W", "hi", service: service).output.contains(line))
    #expect(Run("bob", "/W", "hi", service: service).output.isEmpty)
    let left = Run("bob", "/W", "hi", service: FakeService(.success([delivery])))
    #expect(left.errors == line && left.status == .notAcknowledged)
    let json = Run("bob", "--json", "hi", service: FakeService(.success([delivery])))
    #expect(json.output.contains("\"returns\": 1795242321, \"deferrals\": 2") && json.status == .success)
  }

  @Test func displaysTheDefaultTime() {
    #expect(Run("bob", "/V", "hi").output.hasPrefix("Sending message to bob (session :2), display time 60\n"))
  }

  @Test func fallsBackToTheSessionsID() {
    let delivery = Delivery(sessionID: "c4", userName: "bob", uid: 1001, state: .shown)
    #expect(Run("bob", "/V", "hi", service: FakeService(.success([delivery]))).output.contains("to bob (session c4),"))
  }

  @Test(arguments: [false, true])
  func tellsFailuresOnStandardError(_ isVerbose: Bool) {
    let reason = MessengerError(.failed, "the notification server does not answer")
    let service = FakeService(.success([.bob(.failed, error: reason), .alice(.shown), .unknown("eve")]))
    let run = isVerbose ? Run("*", "/V", "hi", service: service) : Run("*", "hi", service: service)
    #expect(run.status == .notReached)
    #expect(
      run.errors == """
        bob (session 2, :2): failed: the notification server does not answer
        eve does not exist or is disconnected

        """)
    #expect(run.output.contains("Async message sent to alice (session tty2)\n") == isVerbose)
    #expect(!run.output.contains("Async message sent to bob (session :2)"))
  }

  @Test func saysThatANameWasMeantInAnotherCase() {
    let delivery = Delivery(
      sessionID: "c4", userName: "bob", uid: 1001, state: .shown, details: DeliveryDetails(recipient: "BOB"))
    let service = FakeService(.success([delivery, delivery]))
    let output = Run("BOB", "/V", "hi", service: service).output
    #expect(output.hasPrefix("BOB: sent to bob\nSending message to bob (session c4),"))
    #expect(output.split(separator: "\n").count { $0 == "BOB: sent to bob" } == 1)
    #expect(Run("BOB", "hi", service: service).output.isEmpty)
  }

  @Test(arguments: [true, false]) func namesEachWhereNobodyIsReached(_ isJSON: Bool) {
    let reasons = "eve does not exist or is disconnected\ncid is logged in, but not on a desktop: \u{1B}"
    let service = FakeService(.failure(MessengerError(.noSession, reasons)))
    let run = isJSON ? Run("eve,cid", "--json", "hi", service: service) : Run("eve,cid", "hi", service: service)
    #expect(
      run.errors
        == "eve does not exist or is disconnected\ncid is logged in, but not on a desktop: \u{FFFD}\n")
    #expect(run.status == .notReached)
    #expect(Run("eve,cid", "--quiet", "hi", service: service).errors.isEmpty)
  }

  @Test func tellsInOneLineOfARecipientWithoutADesktop() {
    let reason = "cid is logged in, but not on a desktop: session pts/7 is a terminal"
    let entry = Delivery(
      sessionID: "", userName: "cid", uid: Messenger.noUID, state: .failed,
      details: DeliveryDetails(error: MessengerError(.noSession, reason)))
    let run = Run("bob,cid", "hi", service: FakeService(.success([.bob(.shown), entry])))
    #expect(run.errors == reason + "\n")
  }

  @Test func tellsWhyARecipientHasNoSession() {
    let entry = Delivery(
      sessionID: "", userName: "eve", uid: Messenger.noUID, state: .failed,
      details: DeliveryDetails(error: MessengerError(.noSession, "on no desktop")))
    let run = Run("*", "hi", service: FakeService(.success([.bob(.shown), entry])))
    #expect(run.errors == "eve: failed: on no desktop\n")
    #expect(run.status == .notReached)
  }

  @Test(
    arguments: [
      (.suppressed, "bob (session 2, :2): not shown: do not disturb"),
      (.sessionClosed, "bob (session 2, :2): the session ended before a response: do not disturb"),
      (.pending, "bob (session 2, :2): not shown yet: do not disturb"),
      (.muted, "bob (session 2, :2): muted: do not disturb"),
    ] as [(DeliveryState, String)])
  func tellsWhatWasNotReached(_ state: DeliveryState, _ line: String) {
    let delivery = Delivery.bob(state, error: MessengerError(.failed, "do not disturb"))
    let run = Run("bob", "/W", "hi", service: FakeService(.success([delivery])))
    #expect(run.errors == line + "\n")
    #expect(run.status == .notReached)
  }

  @Test func tellsWhoIsMuted() {
    let run = Run("*", "hi", service: FakeService(.success([.bob(.muted), .alice(.shown)])))
    #expect(run.errors == "bob (session 2, :2): muted\n")
    #expect(run.status == .notReached)
  }

  @Test func tellsThatNobodyWasThere() {
    let run = Run("*", "hi", service: FakeService(.success([])))
    #expect(run.errors == "*: nobody was reached\n")
    #expect(run.status == .notReached)
  }

  @Test func lineAndTerminalCannotBeForged() {
    let reason = MessengerError(.failed, "\u{1B}[2Jgone\nalice\u{9B}31m\u{2028}x")
    let run = Run("bob", "hi", service: FakeService(.success([.bob(.failed, error: reason)])))
    #expect(run.errors == "bob (session 2, :2): failed: \u{FFFD}[2Jgone\u{FFFD}alice\u{FFFD}31m\u{FFFD}x\n")
  }
}
