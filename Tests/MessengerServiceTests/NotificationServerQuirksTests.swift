import GBus
import MessengerContract
import Testing

@testable import MessengerService

/// The special treatment of servers that deviate from the specification. `Tests/System/test_desktops.py` tests the
/// servers themselves.
@Suite struct NotificationServerQuirksTests {
  private static let content = PopupContent(
    title: "t", body: "b", timeout: .seconds(60), urgency: .critical, icon: "", replies: [])

  @Test func aServerWithoutARowIsTakenAtItsWord() {
    #expect(NotificationServerQuirks.of(server: "Notification Daemon", vendor: "nobody") == .standard)
    #expect(NotificationServerQuirks.of(server: "dunst", vendor: "knopwob") != .standard)
  }

  @Test func whatUsersCloseOnMATEIsDismissed() {
    let mate = NotificationServerQuirks.of(server: "Notification Daemon", vendor: "MATE")
    #expect(Self.end(of: .closed(1), after: 1, quirks: mate) == .dismissed)
    #expect(Self.end(of: .closed(1), after: 60, quirks: mate) == .expired)
    #expect(Self.end(of: .closed(1), after: 1, quirks: .standard) == .suppressed)
  }

  @Test func whatUsersCloseOnCinnamonIsDismissed() {
    let cinnamon = NotificationServerQuirks.of(server: "cinnamon", vendor: "GNOME")
    #expect(Self.end(of: .closed(0), after: 1, quirks: cinnamon) == .dismissed)
    #expect(Self.end(of: .closed(4), after: 1, quirks: cinnamon) == .suppressed)
    #expect(Self.end(of: .closed(0), after: 1, quirks: .standard) == .suppressed)
  }

  @Test func aPopupForeverIsNoneForAMoment() {
    let budgie = NotificationServerQuirks.of(server: "Budgie Notification Server", vendor: "Budgie Desktop Developers")
    var forever = Self.content
    forever.timeout = nil
    #expect(forever.notifyArguments(capabilities: [], quirks: budgie)[7] == .int32(12_000))
    #expect(forever.notifyArguments(capabilities: [])[7] == .int32(0))
    #expect(Self.content.notifyArguments(capabilities: [], quirks: budgie)[7] == .int32(60_150))
  }

  @Test func whatIsKeptBackIsClosed() {
    var verdict = Self.verdict(.standard)
    let outcome = PopupVerdict.Outcome(state: .suppressed, reason: "quiet")
    #expect(verdict.handle(.keptBack("quiet"), age: .milliseconds(1)) == .finish(outcome, close: true))
  }

  @Test func swayncGetsALabelForTheDefaultAction() {
    let swaync = NotificationServerQuirks.of(server: "SwayNotificationCenter", vendor: "ErikReider")
    let arguments = Self.content.notifyArguments(capabilities: ["actions"], quirks: swaync)
    #expect(arguments[5] == .strings(["ok", "OK", "default", "OK"]))
  }

  @Test func lxqtGetsSoMuchTimeThatItIsNotTooEarly() {
    let lxqt = NotificationServerQuirks.of(server: "lxqt-notificationd", vendor: "lxqt.org")
    #expect(Self.content.notifyArguments(capabilities: [], quirks: lxqt)[7] == .int32(63900))
  }

  @Test func aPopupIsReplacedByOneThatGoesAtOnce() {
    let arguments = Self.content.notifyArguments(capabilities: [], replacing: 7, for: .milliseconds(1))
    #expect(arguments[1] == .uint32(7) && arguments[7] == .int32(1))
  }

  @Test func aTextIsVariedInvisibly() {
    let varied = UniqueTexts.varied(Self.content)
    #expect(varied.title != Self.content.title && varied.body == Self.content.body)
    #expect(varied.title.unicodeScalars.allSatisfy { $0 == "t" || $0.properties.isDefaultIgnorableCodePoint })
  }

  private static func verdict(_ quirks: NotificationServerQuirks) -> PopupVerdict {
    PopupVerdict(
      actionKeys: ["ok"], replyKeys: [], timeout: .seconds(60), settlingDelay: .milliseconds(5), quirks: quirks)
  }

  private static func end(
    of event: PopupVerdict.Event, after seconds: Double, quirks: NotificationServerQuirks
  ) -> DeliveryState? {
    var verdict = verdict(quirks)
    guard case .finish(let outcome, _) = verdict.handle(event, age: .seconds(seconds)) else { return nil }
    return outcome.state
  }
}
