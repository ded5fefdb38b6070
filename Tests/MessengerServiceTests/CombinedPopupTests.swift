import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

/// The popup that holds several messages, on a server that is a fake here.
@Suite(.timeLimit(.minutes(1))) struct CombinedPopupTests {
  private static func content(_ body: String, timeout: Duration? = nil, isLong: Bool = false) -> PopupContent {
    var content = PopupContent(title: body, body: body, timeout: timeout, urgency: .normal, icon: "", replies: [])
    content.whole = WholeText(label: "", heading: "", closeLabel: "", text: body, unit: "msg-1", programs: [])
    content.combining = .init(title: "Messages: {count}", heading: body, label: body, isLong: isLong)
    return content
  }

  private static func origin(_ number: UInt64) -> CombinedPopup.Origin {
    CombinedPopup.Origin(number: number, isRoot: false, calls: NotifyCalls(), settlingDelay: .zero)
  }

  /// Runs a test with a popup that holds some messages.
  private static func test(
    holding bodies: [String], _ body: @escaping @MainLoop (Server, CombinedPopup, [Popup]) async throws -> Void
  ) async throws {
    try await MainLoop.test {
      let server = Server()
      let combined = CombinedPopup(on: server)
      try await body(server, combined, try await show(bodies, in: combined, on: server))
    }
  }

  /// Shows messages one after the other, each when the server has answered about the one before.
  @MainLoop
  private static func show(_ bodies: [String], in combined: CombinedPopup, on server: Server) async throws -> [Popup] {
    var popups: [Popup] = []
    for (index, body) in bodies.enumerated() {
      async let popup = combined.show(content(body), origin(UInt64(index)), deadline: .patient)
      await server.calls.wait(for: index + 1)
      if index > 0 { server.answer() }
      popups.append(try #require(try await popup))
    }
    return popups
  }

  @Test func aMessageIsHeldWhenTheServerHasAnswered() async throws {
    try await MainLoop.test {
      let server = Server()
      let combined = CombinedPopup(on: server)
      let first = try #require(try await combined.show(Self.content("a"), Self.origin(1), deadline: .patient))
      async let second = combined.show(Self.content("b"), Self.origin(2), deadline: .patient)
      await server.calls.wait(for: 2)
      #expect(server.calls.elements == ["raise a", "renew Messages: 2"])
      // Pressed before the server had the second.
      server.carrier?.handle(.action("ok"))
      #expect(await first.end().state == .acknowledged)
      let other = try #require(try await second)
      #expect(other.outcome == nil && other.id == 2)
      await server.calls.wait(for: 4)
      #expect(server.calls.elements[2...] == ["post 1", "raise b"])
    }
  }

  @Test func theButtonIsAboutAllThatAreHeld() async throws {
    try await Self.test(holding: ["a", "b"]) { (server, _, popups) async throws in
      server.carrier?.handle(.action("ok"))
      for popup in popups { #expect(await popup.end().state == .acknowledged) }
      #expect(server.calls.elements.last == "post 1")
    }
  }

  @Test func anAnswerToAnOlderCallHoldsOnlyWhatItBrought() async throws {
    try await MainLoop.test {
      let server = Server()
      let combined = CombinedPopup(on: server)
      let first = try #require(try await combined.show(Self.content("a"), Self.origin(1), deadline: .patient))
      async let second = combined.show(Self.content("b"), Self.origin(2), deadline: .patient)
      await server.calls.wait(for: 2)
      let older = server.carrier?.revision ?? 0
      async let third = combined.show(Self.content("c"), Self.origin(3), deadline: .patient)
      await server.calls.wait(for: 3)
      server.carrier?.confirm(older)
      let held = try #require(try await second)
      server.carrier?.handle(.action("ok"))
      #expect(await first.end().state == .acknowledged)
      #expect(await held.end().state == .acknowledged)
      #expect(try #require(try await third).outcome == nil)
    }
  }

  @Test func theButtonIsNotAboutATextThatCameLater() async throws {
    try await Self.test(holding: ["a", "b"]) { (server, _, popups) async throws in
      @MainLoop func change(_ popup: Popup, to version: Int) {
        popup.change(timeout: nil) {
          var content = Self.content("c")
          content.textVersion = version
          return content
        }
      }
      change(popups[0], to: 1)
      await server.calls.wait(for: 3)
      server.answer()
      change(popups[1], to: 1)
      server.carrier?.handle(.action("ok"))
      #expect(await popups[0].end().state == .acknowledged)
      #expect(await popups[1].end().state == .pending)
    }
  }

  @Test func whatItNoLongerHoldsHasEnded() async throws {
    try await Self.test(holding: ["a", "b"]) { (server, _, popups) async throws in
      popups[0].handle(.withdrawn)
      await server.calls.wait(for: 3)
      #expect(popups[0].outcome == nil && server.calls.elements[2] == "renew b")
      server.answer()
      #expect(await popups[0].end().state == .withdrawn)
      #expect(popups[1].outcome == nil)
    }
  }

  @Test func aButtonPressedBeforeThatIsAboutItToo() async throws {
    try await Self.test(holding: ["a", "b"]) { (server, _, popups) async throws in
      popups[0].handle(.timeOver)
      await server.calls.wait(for: 3)
      server.carrier?.handle(.action("ok"))
      for popup in popups { #expect(await popup.end().state == .acknowledged) }
    }
  }

  @Test func itIsClosedWithTheLast() async throws {
    try await Self.test(holding: ["a", "b"]) { (server, _, popups) async throws in
      for popup in popups { popup.handle(.timeOver) }
      for popup in popups { #expect(await popup.end().state == .expired) }
      #expect(server.calls.elements.suffix(1) == ["close 1"])
    }
  }

  @Test func ofManyEndsInAShortTimeTheServerIsToldOnce() async throws {
    try await MainLoop.test {
      let server = Server()
      let combined = CombinedPopup(on: server)
      let popups = try await Self.show(["a", "b", "c", "d"], in: combined, on: server)
      for popup in popups.dropLast() { popup.handle(.withdrawn) }
      await server.calls.wait(for: 5)
      server.answer()
      for popup in popups.dropLast() { #expect(await popup.end().state == .withdrawn) }
      #expect(server.calls.elements.count == 5 && server.calls.elements[4] == "renew d")
    }
  }

  @Test func itsTimeIsTheLongestOfItsMessages() async throws {
    try await MainLoop.test {
      let server = Server()
      let combined = CombinedPopup(on: server)
      let short = try #require(
        try await combined.show(Self.content("a", timeout: .seconds(10)), Self.origin(1), deadline: .patient))
      async let long = combined.show(Self.content("b", timeout: .seconds(100)), Self.origin(2), deadline: .patient)
      await server.calls.wait(for: 2)
      server.answer()
      let other = try #require(try await long)
      #expect(server.carrier?.content.timeout ?? .zero > .seconds(90))
      #expect(short.rest ?? .zero <= .seconds(10) && other.rest ?? .zero > .seconds(99))
    }
  }

  @Test func whatComesJustBeforeThePopupsEndKeepsIt() async throws {
    try await MainLoop.test {
      let server = Server()
      server.answersAtOnce = true
      let combined = CombinedPopup(on: server)
      _ = try await combined.show(Self.content("a"), Self.origin(1), deadline: .patient)
      server.carrier?.stay(for: .milliseconds(1))
      let second = try #require(try await combined.show(Self.content("b"), Self.origin(2), deadline: .patient))
      #expect(second.id == 1 && server.carrier?.rest == nil)
      #expect(server.calls.elements == ["raise a", "renew Messages: 2"])
    }
  }

  @Test func aServerThatHidesButtonsGetsANewPopup() async throws {
    try await MainLoop.test {
      let server = Server()
      server.quirks.hidesChangedButtons = true
      let combined = CombinedPopup(on: server)
      let first = try #require(try await combined.show(Self.content("a"), Self.origin(1), deadline: .patient))
      var ids: [UInt32] = []
      first.onMoved = { ids.append(first.id) }
      let second = try #require(try await combined.show(Self.content("b"), Self.origin(2), deadline: .patient))
      #expect(server.calls.elements == ["raise a", "close 1", "raise Messages: 2"])
      #expect(ids == [2] && second.id == 2 && first.outcome == nil)

      // A text that changes alone waits for longer, and a message that joins takes it along.
      first.change(timeout: nil) { Self.content("c") }
      async let third = combined.show(Self.content("d"), Self.origin(3), deadline: .patient)
      await server.calls.wait(for: 5)
      #expect(server.calls.elements[3...] == ["close 2", "raise Messages: 3"])
      #expect(try #require(try await third).id == 3 && first.id == 3)
      first.change(timeout: nil) { Self.content("e") }
      await server.calls.wait(for: 7)
      #expect(server.calls.elements[5...] == ["close 3", "raise Messages: 3"])
    }
  }

  @Test func aServerThatDoesNotAnswerKeepsTheOthers() async throws {
    try await MainLoop.test {
      let server = Server()
      let combined = CombinedPopup(on: server)
      let first = try #require(try await combined.show(Self.content("a"), Self.origin(1), deadline: .patient))
      await #expect(throws: MessengerError.self) {
        _ = try await combined.show(Self.content("b"), Self.origin(2), deadline: .after(.milliseconds(600)))
      }
      await server.calls.wait(for: 3)
      #expect(server.calls.elements.last == "renew a" && first.outcome == nil)
    }
  }

  @Test func whatEndsWithoutAnAnswerIsTakenOutOnce() async throws {
    try await Self.test(holding: ["a", "b"]) { (server, _, popups) async throws in
      popups[0].handle(.timeOver)
      #expect(await popups[0].end().state == .expired)
      #expect(server.calls.elements == ["raise a", "renew Messages: 2", "renew b"])
      popups[1].handle(.timeOver)
      #expect(await popups[1].end().state == .expired)
      #expect(server.calls.elements[3...] == ["close 1"])
    }
  }

  @Test func whatTheServerKeepsBackIsSuppressed() async throws {
    try await MainLoop.test {
      let server = Server()
      server.reason = "quiet"
      let combined = CombinedPopup(on: server)
      let popup = try #require(try await combined.show(Self.content("a"), Self.origin(1), deadline: .patient))
      let end = await popup.end()
      #expect(end.state == .suppressed && end.reason == "quiet")
    }
  }

  @Test func whatCannotBeRaisedHasFailed() async {
    await MainLoop.test {
      let server = Server()
      server.error = MessengerError(.failed, "no room")
      let combined = CombinedPopup(on: server)
      await #expect(throws: MessengerError(.failed, "no room")) {
        _ = try await combined.show(Self.content("a"), Self.origin(1), deadline: .patient)
      }
    }
  }

  @Test func aWindowTakesThePlaceOfThoseThatAreHeld() async throws {
    try await Self.test(holding: ["a", "b"]) { (server, combined, popups) async throws in
      async let third = combined.show(Self.content("c"), Self.origin(3), deadline: .patient)
      await server.calls.wait(for: 3)
      server.carrier?.handle(.action("show-all"))
      #expect(try await third == nil && !combined.isOpen)
      #expect(try await combined.show(Self.content("d"), Self.origin(4), deadline: .patient) == nil)
      popups[0].handle(.withdrawn)
      #expect(await popups[0].end().state == .withdrawn && server.window.closings == 0)
      server.onEnd?(.windowClosed)
      #expect(await popups[1].end().state == .acknowledged)
    }
  }

  @Test func theWindowIsClosedWithTheLast() async throws {
    try await Self.test(holding: ["a", "b"]) { (server, _, popups) async throws in
      server.carrier?.handle(.action("show-all"))
      for popup in popups { popup.handle(.timeOver) }
      for popup in popups { #expect(await popup.end().state == .expired) }
      #expect(server.window.closings == 1)
    }
  }

  @Test func aWindowHasNoTimeOfItsOwn() async throws {
    try await MainLoop.test {
      let server = Server()
      let combined = CombinedPopup(on: server)
      let popup = try #require(
        try await combined.show(
          Self.content("a", timeout: .seconds(9), isLong: true), Self.origin(1), deadline: .patient))
      #expect(server.carrier?.rest != nil)
      server.carrier?.handle(.action("show-all"))
      #expect(!combined.isOpen && server.carrier?.rest == nil && popup.rest != nil)
    }
  }

  @Test func whatIsLeftWithoutAWindowIsRaisedAnew() async throws {
    try await Self.test(holding: ["a", "b"]) { (server, _, popups) async throws in
      server.carrier?.handle(.action("show-all"))
      server.carrier?.handle(.timeOver)
      for popup in popups { #expect(await popup.end().state == .pending) }
    }
  }

  @Test func aChangeThatWaitsDoesNotCloseTheWindow() async throws {
    try await MainLoop.test {
      let server = Server()
      let combined = CombinedPopup(on: server)
      _ = try await Self.show(["a", "b"], in: combined, on: server)
      server.carrier?.change(timeout: nil) { Self.content("new") }
      server.carrier?.handle(.action("show-all"))
      // A popup that changes later than the carrier would have.
      let later = Popup(id: 9, content: Self.content("l"), quirks: .standard, settlingDelay: .zero, host: server)
      later.change(timeout: nil) { Self.content("later") }
      while server.calls.elements.last != "renew later" {
        await server.calls.wait(for: server.calls.elements.count + 1)
      }
      #expect(server.carrier?.outcome == nil && server.carrier?.isClosing == false)
    }
  }

  @Test func theWindowShowsWhatTheMessagesSayNow() async throws {
    try await Self.test(holding: ["a", "b"]) { (server, _, popups) async throws in
      let changes = Recorder<String>()
      popups[0].change(timeout: nil) {
        changes.record("a")
        return Self.content("new")
      }
      await changes.wait(for: 1)
      #expect(server.calls.elements.count == 2)  // the popup says the old text yet
      server.carrier?.handle(.action("show-all"))
      #expect(server.text?.hasSuffix("    new") == true)
    }
  }

  @Test func theHighestUrgencyIsKeptWhenItIsRaisedAnew() async throws {
    try await MainLoop.test {
      let server = Server()
      let combined = CombinedPopup(on: server)
      var critical = Self.content("a")
      critical.urgency = .critical
      let first = try #require(try await combined.show(critical, Self.origin(1), deadline: .patient))
      async let second = combined.show(Self.content("b"), Self.origin(2), deadline: .patient)
      await server.calls.wait(for: 2)
      server.answer()
      _ = try await second
      first.handle(.withdrawn)
      await server.calls.wait(for: 3)
      server.answer()
      server.carrier?.handle(.displaced)
      await server.calls.wait(for: 5)
      #expect(server.calls.elements.last == "raise b" && server.carrier?.content.urgency == .critical)
    }
  }

  @Test func aChangedMessageLeavesTheWindow() async throws {
    try await Self.test(holding: ["a", "b"]) { (server, _, popups) async throws in
      server.carrier?.handle(.action("show-all"))
      popups[0].change(timeout: nil) { Self.content("new") }
      #expect(await popups[0].end().state == .pending)
      #expect(popups[1].outcome == nil && server.window.closings == 0)
    }
  }
}

/// A notification server that accepts each popup, and answers changes when a test says so.
@MainLoop
private final class Server: CombinedPopupServer, PopupHost {
  var quirks = NotificationServerQuirks(growsWithText: true)
  let calls = Recorder<String>()
  let window = FakeWindow()
  /// Whether it answers changes without being told to.
  var answersAtOnce = false
  var reason: String?
  var error: MessengerError?
  var onEnd: (@MainLoop (PopupVerdict.Event) -> Void)?
  /// What the window shows.
  private(set) var text: String?
  private(set) var carrier: Popup?
  private var raised: UInt32 = 0

  func raise(
    _ content: PopupContent, by calls: NotifyCalls, deadline: Deadline, prepare: @MainLoop (Popup) -> Void
  ) async throws -> Popup {
    if let error { throw error }
    if let reason { return Popup(keptBack: content, reason: reason, host: self) }
    raised += 1
    self.calls.record("raise \(content.title)")
    let popup = Popup(id: raised, content: content, quirks: quirks, settlingDelay: .zero, host: self)
    carrier = popup
    prepare(popup)
    return popup
  }

  func silence() async -> any Error { MessengerError(.failed, "silence") }

  /// Answers the last change.
  func answer() {
    if let carrier { carrier.confirm(carrier.revision) }
  }

  func close(_ popup: Popup, deadline: Deadline, done: @escaping @MainLoop () -> Void) {
    calls.record("close \(popup.id)")
    done()
  }

  func post(closing id: UInt32) { calls.record("post \(id)") }
  func hide(_ popup: Popup) {}
  func fit(_ content: PopupContent, instead old: PopupContent) -> PopupContent { content }
  func forget(_ popup: Popup) {}

  func renew(_ popup: Popup) {
    calls.record("renew \(popup.content.title)")
    if answersAtOnce { popup.confirm(popup.revision) }
  }

  func replace(
    _ popup: Popup, by whole: WholeText, closesBy: Deadline?, onEnd: @escaping @MainLoop (PopupVerdict.Event) -> Void
  ) -> (any PopupWindow)? {
    self.onEnd = onEnd
    text = whole.window.text
    return window
  }
}
