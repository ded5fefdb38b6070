import MessengerContract
import MsgCommand
import Testing

/// Answers in words and choices, and how they are printed.
@Suite struct AskTests {
  private func service(_ text: String) -> FakeService {
    var delivery = Delivery.bob(.acknowledged)
    delivery.details.text = text
    return FakeService(.success([delivery, .alice(.expired)]), after: [delivery.change])
  }

  @Test(arguments: [["--ask=Room?"], ["--ask"], ["--choose", "4", "--choose", "5"]])
  func printsEachAnswerOnce(_ options: [String]) {
    let run = Run((["*"] + options + ["Where?"]).map { Array($0.utf8) }, in: Run.World(service: service("4")))
    #expect(run.output == "bob\t4\n")
    #expect(run.errors == "Timeout on message to session tty2 before user response\n")
    #expect(run.status == .notAcknowledged)
    #expect(run.call?.options.wait == true)
  }

  @Test func anEmptyAnswerIsAnAnswer() {
    #expect(Run("bob", "--ask", "Where?", service: service("")).output == "bob\t\n")
  }

  /// A service may be of another version, and on another machine.
  @Test func nothingInAnAnswerControlsTheTerminalOrMakesAnotherField() {
    let run = Run("bob", "--ask", "Where?", service: service("a\u{1B}]0;x\u{7}b\tc\nd\u{9B}2Je\u{2028}f"))
    #expect(run.output == "bob\ta\u{FFFD}]0;x\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}2Je\u{FFFD}f\n")
  }

  @Test func quietTellsNothing() {
    #expect(Run("bob", "--quiet", "--ask", "Where?", service: service("4")).output.isEmpty)
  }

  @Test func programsGetItAsText() {
    let run = Run("bob", "--json", "--ask", "Where?", service: service("\"4\"\u{1B}"))
    #expect(run.output.contains(#""reply": null, "text": "\"4\"\u001b", "#), "\(run.output)")
  }
}
