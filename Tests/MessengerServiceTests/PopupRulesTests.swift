import GBus
import MessengerContract
import Testing

@testable import MessengerService

/// The outcomes and the contents of popups, decided without a bus.
@Suite struct PopupRulesTests {
  private static let verdicts: [(PopupVerdict.Event, Double, DeliveryState?, String?)] = [
    (.action("ok"), 1, .acknowledged, "ok"), (.action("default"), 1, .acknowledged, nil), (.action("x"), 1, nil, nil),
    (.closed(2), 0.001, .suppressed, nil), (.closed(1), 1, .suppressed, nil), (.closed(1), 59.9, .expired, nil),
    (.closed(2), 1, .dismissed, nil), (.closed(3), 1, .dismissed, nil), (.closed(4), 1, .suppressed, nil),
    (.serverLeft, 1, .failed, nil), (.busClosed, 1, .sessionClosed, nil), (.sessionsEnded, 1, .sessionClosed, nil),
    (.closeAnswered, 1, nil, nil),
  ]

  @Test(arguments: verdicts)
  func popupEnds(_ event: PopupVerdict.Event, _ age: Double, _ state: DeliveryState?, _ reply: String?) {
    var verdict = Self.verdict
    guard case .finish(let outcome, _) = verdict.handle(event, age: .seconds(age)) else {
      #expect(state == nil)
      return
    }
    #expect(outcome.state == state && outcome.reply == reply)
  }

  @Test func aSlowAnswerDoesNotMakeAnExpiryEarly() {
    for (delay, state) in [(Duration.seconds(3), DeliveryState.expired), (.seconds(1), .suppressed)] {
      var verdict = PopupVerdict(
        actionKeys: [], replyKeys: [], timeout: .seconds(60), settlingDelay: .milliseconds(5), delay: delay)
      guard case .finish(let outcome, _) = verdict.handle(.closed(1), age: .seconds(57)) else {
        Issue.record("the popup still stands")
        return
      }
      #expect(outcome.state == state)
    }
  }

  @Test func clickWinsOverClose() {
    var verdict = Self.verdict
    #expect(verdict.handle(.timeOver, age: .seconds(60)) == .close)
    #expect(verdict.handle(.withdrawn, age: .seconds(60)) == .wait)
    var clicked = verdict
    #expect(verdict.handle(.closeAnswered, age: .seconds(60)) == .finish(.init(state: .expired), close: false))
    let outcome = PopupVerdict.Outcome(state: .acknowledged, reply: "ok")
    #expect(clicked.handle(.action("ok"), age: .seconds(60)) == .finish(outcome, close: true))
  }

  @Test(arguments: [PopupVerdict.Event.serverLeft, .busClosed, .closed(2), .closed(3), .closed(4)])
  func whatClosesThePopupWins(_ event: PopupVerdict.Event) {
    var verdict = Self.verdict
    #expect(verdict.handle(.withdrawn, age: .seconds(1)) == .close)
    #expect(verdict.handle(event, age: .seconds(1)) == .finish(.init(state: .withdrawn), close: false))
  }

  @Test func aDisplacedPopupIsToComeAgainUnlessItCannot() {
    for (event, state) in [
      (PopupVerdict.Event.closeAnswered, DeliveryState.pending), (.closed(3), .pending), (.action("ok"), .acknowledged),
      (.serverLeft, .failed), (.busClosed, .sessionClosed), (.busBroke(""), .failed),
    ] {
      var verdict = Self.verdict
      #expect(verdict.handle(.displaced, age: .seconds(1)) == .close)
      guard case .finish(let outcome, _) = verdict.handle(event, age: .seconds(1)) else {
        Issue.record("the popup still stands")
        return
      }
      #expect(outcome.state == state)
    }
  }

  private static var verdict: PopupVerdict {
    PopupVerdict(
      actionKeys: ["default", "ok"], replyKeys: ["ok"], timeout: .seconds(60), settlingDelay: .milliseconds(5))
  }

  @Test func markupIsEscapedByCodePoints() {
    let content = PopupContent(
      title: "", body: "<\u{301}&", timeout: .seconds(60), urgency: .low, icon: "", replies: [])
    let arguments = content.notifyArguments(capabilities: ["body-markup", "actions"])
    #expect(arguments[4].string.map { Array($0.utf8) } == Array("&lt;\u{301}&amp;".utf8))
    #expect(arguments[5] == .strings(["ok", "OK", "default", ""]) && arguments[7] == .int32(60150))
    #expect(content.notifyArguments(capabilities: [])[5] == .strings([]))
  }
}
