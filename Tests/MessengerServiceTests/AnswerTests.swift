import GBus
import MessengerContract
import Testing

@testable import MessengerService

/// Questions, and what becomes of the answers, decided without a bus.
@Suite struct AnswerTests {
  private static func options(_ options: [String: Value]) throws -> SendOptions {
    try SendRequest(recipients: ["ann"], body: "b", options: options, settings: Settings()).options
  }

  // Not kept: LeakSanitizer does not recognize the address in a value, and would call it lost.
  private static var button: Value { Value.array(of: "(ss)", [.structure([.string("y"), .string("Yes")])]) }
  private static let long = String(repeating: "é", count: 4096)

  @Test func questionsAreTaken() throws {
    #expect(try Self.options([:]).question == nil && Self.options(["choices": .strings([])]).question == nil)
    #expect(try Self.options(["ask": .string("")]).question == .words(hint: ""))
    #expect(try Self.options(["ask": .string(" a\n\u{202E}b")]).question == .words(hint: "a b"))
    let most = (1...32).map { "\($0)" }
    #expect(try Self.options(["choices": .strings(most)]).question == .choice(most))
    #expect(try Self.options(["choices": .strings(["a\u{1B}", " b "])]).question == .choice(["a", "b"]))
    let widest = String(repeating: "x", count: 80)
    #expect(try Self.options(["choices": .strings([widest])]).question == .choice([widest]))
  }

  @Test(
    arguments: [
      (
        ["ask": .string(""), "replies": button],
        "the options ask and replies exclude each other: leave one of them out"
      ),
      (["choices": .strings(["a"]), "replies": button], "the options choices and replies exclude each other"),
      (["ask": .string(""), "choices": .strings(["a"])], "the options ask and choices exclude each other"),
      (["ask": .string(String(repeating: "x", count: 257))], "the option ask has 257 characters, and at most 256"),
      (["ask": .uint32(1)], "the option ask wants a text (s)"),
      (["choices": .string("a")], "the option choices wants texts (as)"),
      (["choices": .strings((1...33).map { "\($0)" })], "the option choices: there are 33 choices, and at most 32"),
      (["choices": .strings(["a", "\u{200B}"])], "the option choices: nothing of a choice is visible"),
      (["choices": .strings(["a", " a\u{7}"])], "the option choices: 'a' is there twice"),
      (["choices": .strings([String(repeating: "x", count: 81)])], "the option choices: a choice has 81 characters"),
    ] as [([String: Value], String)])
  func questionsAreRefused(_ options: [String: Value], _ reason: String) throws {
    let error = try #require(throws: MessengerError.self) { try Self.options(options) }
    #expect(error.code == .invalidArgument && error.message.hasPrefix(reason), "\(error)")
  }

  @Test func aQuestionAlwaysNamesItsSender() {
    let root = SenderName("root", uid: 0)
    #expect(root.title("Lunch", asks: true) == "root: Lunch" && root.title("", asks: true) == "")
    #expect(SenderName("alice", uid: 1000).title("Lunch", asks: true) == "alice: Lunch")
  }

  @Test(arguments: [
    ("Room 4", "Room 4"), ("", ""), (" a\u{1B}[2J\tb\r\n\u{202E}c ", "a[2J b c"), ("a\u{2028}\u{9B}b\u{7}", "a b"),
    (long, long), ("x\u{301}\u{301}\u{301}\u{301}\u{301}", "x\u{301}\u{301}\u{301}\u{301}"),
  ]) func answersAreCleaned(_ said: String, _ text: String) {
    let answer = Answer(said)
    #expect(!answer.isTooLong && answer.text == text)
  }

  @Test func ofALongerAnswerNothingIsKept() {
    for said in [Self.long + "x", String(repeating: "x", count: 60_000)] {
      #expect(Answer(said).isTooLong && Answer(said).text.isEmpty)
    }
  }

  private static func verdict(_ answer: AnswerForm?) -> PopupVerdict {
    var content = PopupContent(title: "", body: "", timeout: nil, urgency: .low, icon: "", replies: [])
    content.answer = answer
    return PopupVerdict(
      actionKeys: content.actionKeys, replyKeys: content.replyKeys, answer: answer,
      windowKeys: answer == .window ? ["answer", "default"] : [], timeout: nil, settlingDelay: .milliseconds(5))
  }

  private static let field = AnswerForm.field(label: "Answer", hint: "Room?")

  @Test(arguments: [0.001, 1]) func whatIsTypedAcknowledges(_ age: Double) {
    var verdict = Self.verdict(Self.field)
    let outcome = PopupVerdict.Outcome(state: .acknowledged, text: "4 b")
    #expect(verdict.handle(.answered(Answer("4\nb")), age: .seconds(age)) == .finish(outcome, close: true))
  }

  @Test func aLongerAnswerFails() {
    var verdict = Self.verdict(Self.field)
    let reason = "the answer has more than 4096 characters, and was not taken"
    let outcome = PopupVerdict.Outcome(state: .failed, reason: reason)
    #expect(verdict.handle(.answered(Answer(Self.long + "x")), age: .seconds(1)) == .finish(outcome, close: true))
  }

  /// Nothing but a text answers, as long as a server presses no buttons that aren't there.
  @Test(arguments: ["inline-reply", "default", "ok", "choice-1"]) func noButtonAnswersAField(_ key: String) {
    var verdict = Self.verdict(Self.field)
    #expect(verdict.handle(.action(key), age: .seconds(1)) == .wait)
  }

  @Test(arguments: [nil, AnswerForm.buttons(["4", "5"]), .window]) func nobodyTypesWhereThereIsNoField(
    _ answer: AnswerForm?
  ) {
    var verdict = Self.verdict(answer)
    #expect(verdict.handle(.answered(Answer("4")), age: .seconds(1)) == .wait)
  }

  @Test(arguments: ["answer", "default"]) func aWindowTakesTheAnswer(_ key: String) {
    var verdict = Self.verdict(.window)
    #expect(verdict.handle(.action("ok"), age: .seconds(1)) == .wait)
    #expect(verdict.handle(.action(key), age: .seconds(1)) == .showWhole)
    var (closed, failed) = (verdict, verdict)
    let outcome = PopupVerdict.Outcome(state: .acknowledged, text: "4")
    #expect(verdict.handle(.answered(Answer("4")), age: .seconds(2)) == .finish(outcome, close: true))
    let dismissed = PopupVerdict.Outcome(state: .dismissed)
    #expect(closed.handle(.windowVanished, age: .seconds(2)) == .finish(dismissed, close: false))
    let reason = PopupVerdict.Outcome(state: .failed, reason: "the window for the answer failed: x")
    #expect(failed.handle(.windowFailed("x"), age: .seconds(2)) == .finish(reason, close: false))
  }

  @Test func aChoiceIsToldInItsWords() {
    var verdict = Self.verdict(.buttons(["4", "5"]))
    #expect(verdict.handle(.action("default"), age: .seconds(1)) == .wait)
    #expect(verdict.handle(.action("choice-3"), age: .seconds(1)) == .wait)
    let outcome = PopupVerdict.Outcome(state: .acknowledged, text: "5")
    #expect(verdict.handle(.action("choice-2"), age: .seconds(1)) == .finish(outcome, close: true))
  }

  @Test func popupsHaveAFieldOrTheChoices() {
    var content = PopupContent(title: "", body: "", timeout: nil, urgency: .low, icon: "", replies: [])
    content.answer = Self.field
    var arguments = content.notifyArguments(capabilities: ["actions", "inline-reply"])
    #expect(arguments[5] == .strings(["inline-reply", "Answer"]))
    #expect(arguments[6].dictionary?["x-kde-reply-placeholder-text"] == .string("Room?"))
    content.answer = .field(label: "Answer", hint: "")
    arguments = content.notifyArguments(capabilities: ["actions", "inline-reply"])
    #expect(arguments[6].dictionary?["x-kde-reply-placeholder-text"] == nil)
    content.answer = .buttons(["4", "5"])
    #expect(content.notifyArguments(capabilities: ["actions"])[5] == .strings(["choice-1", "4", "choice-2", "5"]))
  }

  @Test(arguments: [
    (NotificationServerQuirks.DefaultAction.click, ["answer", "Answer", "default", ""]),
    (.labelledClick, ["answer", "Answer", "default", "Answer"]), (.button, ["answer", "Answer"]),
  ]) func aClickOnThePopupOpensTheWindow(_ action: NotificationServerQuirks.DefaultAction, _ actions: [String]) {
    var content = PopupContent(title: "", body: "", timeout: nil, urgency: .low, icon: "", replies: [])
    content.whole = WholeText(
      label: "Answer",
      window: WindowContent(kind: .list(["a"]), heading: "", text: "", unit: "", programs: []))
    content.answer = .window
    var quirks = NotificationServerQuirks.standard
    quirks.defaultAction = action
    #expect(content.notifyArguments(capabilities: ["actions"], quirks: quirks)[5] == .strings(actions))
  }

  @Test(arguments: [
    (["a"], true), (["a", "b", "c"], true), (["a", "b", "c", "d"], false),
    ([String(repeating: "x", count: 20)], true), ([String(repeating: "漢", count: 11)], false),
    ([String(repeating: "x", count: 20), "123456789"], false),
  ]) func fewShortChoicesAreButtons(_ choices: [String], _ areButtons: Bool) {
    #expect(AnswerForm.hasRoom(for: choices) == areButtons)
  }

  @Test func aDeliveryThatBeginsAnewHasNoAnswer() {
    var delivery = Delivery(
      sessionID: "1", userName: "ann", uid: 1, state: .shown, details: DeliveryDetails(sessionName: ":0"))
    _ = delivery.enter(.acknowledged, text: "4", elapsed: 1)
    #expect(delivery.details.text == "4")
    delivery.begin(timeout: 1)
    #expect(delivery.details.text == nil)
  }
}
