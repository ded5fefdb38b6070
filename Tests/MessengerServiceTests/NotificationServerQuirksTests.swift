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
    #expect(NotificationServerQuirks.of(server: "Notification Daemon", vendor: "nobody", version: "1") == .standard)
    #expect(NotificationServerQuirks.of(server: "dunst", vendor: "knopwob", version: "1") != .standard)
  }

  @Test func whatIsHiddenWithoutTellingDependsOnTheServer() {
    func hides(_ server: String, _ vendor: String, _ version: String = "1") -> NotificationServerQuirks.Hiding? {
      NotificationServerQuirks.of(server: server, vendor: vendor, version: version).hides
    }
    #expect(hides("cinnamon", "GNOME") == .any)
    #expect(hides("gnome-shell", "GNOME", "48.7") == .anyButCritical)
    #expect(hides("Xfce Notify Daemon", "Xfce", "0.7.3") == nil)
    #expect(hides("Xfce Notify Daemon", "Xfce", "0.9.7") == .anyOnX11)
    #expect(hides("dunst", "knopwob") == nil)
  }

  @Test func whatUsersCloseOnMATEIsDismissed() {
    let mate = NotificationServerQuirks.of(server: "Notification Daemon", vendor: "MATE", version: "1")
    #expect(Self.end(of: .closed(1), after: 1, quirks: mate) == .dismissed)
    #expect(Self.end(of: .closed(1), after: 60, quirks: mate) == .expired)
    #expect(Self.end(of: .closed(1), after: 1, quirks: .standard) == .suppressed)
  }

  @Test func whatUsersCloseOnCinnamonIsDismissed() {
    let cinnamon = NotificationServerQuirks.of(server: "cinnamon", vendor: "GNOME", version: "1")
    #expect(Self.end(of: .closed(0), after: 1, quirks: cinnamon) == .dismissed)
    #expect(Self.end(of: .closed(4), after: 1, quirks: cinnamon) == .suppressed)
    #expect(Self.end(of: .closed(0), after: 1, quirks: .standard) == .suppressed)
  }

  @Test func aPopupForeverIsNoneForAMoment() {
    let budgie = NotificationServerQuirks.of(
      server: "Budgie Notification Server", vendor: "Budgie Desktop Developers", version: "1")
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
    let swaync = NotificationServerQuirks.of(server: "SwayNotificationCenter", vendor: "ErikReider", version: "0.9.0")
    #expect(Self.actions(swaync) == .strings(["ok", "OK", "default", "OK"]))
    let newer = NotificationServerQuirks.of(server: "SwayNotificationCenter", vendor: "ErikReider", version: "0.10.1")
    #expect(Self.actions(newer) == .strings(["ok", "OK", "default", ""]))
  }

  @Test func xfceGetsNoDefaultActionThatWouldBeAButton() {
    func xfce(_ version: String) -> NotificationServerQuirks {
      .of(server: "Xfce Notify Daemon", vendor: "Xfce", version: version)
    }
    #expect(Self.actions(xfce("0.8.1")) == .strings(["ok", "OK", "default", ""]))
    #expect(Self.actions(xfce("0.8.2")) == .strings(["ok", "OK"]))
    #expect(Self.actions(xfce("0.9.7")) == .strings(["ok", "OK"]))
    #expect(xfce("0.8.4").changesCapabilities && !xfce("0.9.0").changesCapabilities)
  }

  @Test(arguments: [("43.9", "first\nsecond"), ("46.0", "first\u{2028}second"), ("50.5", "first\u{2028}second")])
  func lineBreaksAreSeenOnGNOME(version: String, body: String) {
    let gnome = NotificationServerQuirks.of(server: "gnome-shell", vendor: "GNOME", version: version)
    var content = Self.content
    content.body = "first\nsecond"
    #expect(content.notifyArguments(capabilities: [], quirks: gnome)[4] == .string(body))
    #expect(content.notifyArguments(capabilities: ["body-markup"], quirks: gnome)[4] == .string(body))
  }

  @Test(arguments: [("plain", "plain"), ("مرحبا", "مرحبا\n"), ("first\nзаметка", "first\nзаметка\n")])
  func aTallerFontHasRoomOnAwesome(text: String, body: String) {
    let awesome = NotificationServerQuirks.of(server: "naughty", vendor: "awesome", version: "v4.3")
    var content = Self.content
    content.body = text
    #expect(content.notifyArguments(capabilities: [], quirks: awesome)[4] == .string(body))
    #expect(content.notifyArguments(capabilities: [], quirks: .standard)[4] == .string(text))
  }

  /// Lines are counted and cut before their breaks get the form that GNOME shows.
  @Test func longTextsAreCutByLinesOnGNOME() throws {
    let gnome = NotificationServerQuirks.of(server: "gnome-shell", vendor: "GNOME", version: "48.7")
    var content = Self.content
    content.body = Array(repeating: "line", count: 50).joined(separator: "\n")
    content.whole = WholeText(
      label: "Show all", heading: "", closeLabel: "", text: content.body, unit: "", programs: [])
    let abridged = content.abridged(for: gnome, capabilities: ["actions"])
    let body = abridged.notifyArguments(capabilities: ["actions"], quirks: gnome)[4].string
    #expect(body?.unicodeScalars.filter { $0 == "\u{2028}" }.count == 5 && body?.contains("\n") == false)
    #expect(abridged.body.split(separator: "\n").count == 6 && abridged.whole?.window.text == content.body)
    #expect(PopupOrder.Room(frame: 1).size(of: abridged.body) == 7)
  }

  @Test func popupsBeyondTheRoomWait() {
    func room(_ server: String, _ vendor: String) -> PopupOrder.Room? {
      NotificationServerQuirks.of(server: server, vendor: vendor, version: "1").room
    }
    #expect(room("Plasma", "KDE").map { $0.lines / $0.size(of: "one line") } == 3)
    #expect(room("fnott", "dnkl").map { $0.lines < .max && $0.popups == .max } == true)
    #expect(room("Phosh Notify Daemon", "Phosh")?.popups == 1)
    #expect(room("cosmic-notifications", "System76")?.popups == 2)
    #expect(room("gnome-shell", "GNOME")?.popups == 1)
    #expect(room("cinnamon", "GNOME")?.popups == 1)
  }

  @Test(arguments: [
    ("43.9", false), ("48.7", false), ("50.4", false), ("50.5", true), ("51.0", true), ("", true),
    ("51.alpha", false), ("51.beta", false), ("51.rc", true), ("52.alpha", true),
  ])
  func nothingIsLaunchedOnGNOME(version: String, knowsDesktopEntry: Bool) {
    let gnome = NotificationServerQuirks.of(server: "gnome-shell", vendor: "GNOME", version: version)
    var hints: [String: Value] = ["urgency": .byte(2), "x-kde-appname": .string("msgd")]
    if knowsDesktopEntry { hints["desktop-entry"] = .string("org.msgd.Messenger1") }
    #expect(Self.content.notifyArguments(capabilities: [], quirks: gnome)[6] == .dictionary(hints))
  }

  @Test func versionsAreComparedByTheirNumbers() {
    let ascending: [NotificationServerVersion] = [
      "0.7.3", "0.10", "0.10.0", "v4.3", "48.7", "50.5", "51.alpha", "51.beta1", "51.rc", "51.0", "", "unknown",
    ]
    for (one, other) in zip(ascending, ascending.dropFirst().dropLast()) { #expect(one < other) }
    #expect(
      "48.7-1" == NotificationServerVersion("48.7") && !("" < ("unknown" as NotificationServerVersion))
        && "43" > NotificationServerVersion("9") && "rc.1" > NotificationServerVersion("99"))
  }

  private static func actions(_ quirks: NotificationServerQuirks) -> Value {
    content.notifyArguments(capabilities: ["actions"], quirks: quirks)[5]
  }

  @Test func lxqtGetsSoMuchTimeThatItIsNotTooEarly() {
    let lxqt = NotificationServerQuirks.of(server: "lxqt-notificationd", vendor: "lxqt.org", version: "1")
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
