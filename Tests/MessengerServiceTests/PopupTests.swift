import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

/// A popup's requests to its notification server, which is a fake here. Tests/PrivateBus has real ones.
@Suite(.timeLimit(.minutes(1))) struct PopupTests {
  private static let whole = WholeText(label: "", heading: "", closeLabel: "", text: "all", unit: "u", programs: [])

  @MainLoop
  private static func popup(on host: FakePopupHost, timeout: Duration? = nil, whole: WholeText? = nil) -> Popup {
    var content = PopupContent(title: "t", body: "b", timeout: timeout, urgency: .critical, icon: "", replies: [])
    content.whole = whole
    return Popup(id: 7, content: content, quirks: .standard, settlingDelay: .zero, host: host)
  }

  @Test func itIsClosedWhenItsTimeIsOver() async {
    await MainLoop.test {
      let host = FakePopupHost()
      let popup = Self.popup(on: host, timeout: .milliseconds(1))
      #expect(await popup.end().state == .expired)
      #expect(host.calls.elements == ["close", "forget"])
    }
  }

  @Test func aButtonEndsItAndTakesItAway() async {
    await MainLoop.test {
      let host = FakePopupHost()
      let popup = Self.popup(on: host)
      popup.handle(.action("ok"))
      popup.handle(.closed(2))
      #expect(await popup.end().state == .acknowledged)
      #expect(host.calls.elements == ["post 7", "forget"])
    }
  }

  @Test func whatIsKeptBackIsNotSentToTheServer() async {
    await MainLoop.test {
      let host = FakePopupHost()
      let content = PopupContent(title: "t", body: "b", timeout: nil, urgency: .low, icon: "", replies: [])
      let end = await Popup(keptBack: content, reason: "quiet", host: host).end()
      #expect(end.state == .suppressed && end.reason == "quiet" && host.calls.elements.isEmpty)
    }
  }

  @Test func theWindowWithTheWholeTextDecides() async {
    await MainLoop.test {
      let (host, window) = (FakePopupHost(), FakeWindow())
      host.window = window
      let popup = Self.popup(on: host, whole: Self.whole)
      popup.onReplaced = { host.calls.record("replaced") }
      popup.handle(.action("show-all"))
      #expect(popup.outcome == nil)
      host.onEnd?(.windowClosed)
      #expect(await popup.end().state == .acknowledged)
      #expect(host.calls.elements == ["replaced", "replace", "forget"] && window.closings == 0)
    }
  }

  @Test func aMessageInAWindowIsAnsweredThere() async {
    await MainLoop.test {
      let (host, window) = (FakePopupHost(), FakeWindow())
      host.window = window
      let replies = [Reply(key: "y", label: "Yes")]
      var content = PopupContent(title: "t", body: "b", timeout: nil, urgency: .low, icon: "", replies: replies)
      content.whole = Self.whole
      let popup = Popup(window: content, host: host)
      popup.handle(.displaced)
      popup.handle(.serverLeft)
      #expect(popup.outcome == nil && popup.windowUnit == "msg-1")
      host.onEnd?(.windowAnswered("y"))
      #expect(await popup.end() == PopupVerdict.Outcome(state: .acknowledged, reply: "y"))
      #expect(host.calls.elements == ["replace", "forget"] && window.closings == 0)
    }
  }

  @Test func aWindowThatDoesNotOpenHasFailed() async {
    await MainLoop.test {
      var content = PopupContent(title: "t", body: "b", timeout: nil, urgency: .low, icon: "", replies: [])
      content.whole = Self.whole
      let end = await Popup(window: content, host: FakePopupHost()).end()
      #expect(end.state == .failed && end.reason == "the window could not be shown: no service manager")
    }
  }

  @Test(arguments: [("token-1_TIME5", true), ("a b", false), ("a\nB=1", false), ("", false), ("é", false)])
  func onlyWhatCanBeATokenIsPassedOn(_ token: String, _ isPassed: Bool) {
    var window = Self.whole.window
    window.activate(with: token)
    #expect(window.environment.contains("XDG_ACTIVATION_TOKEN=\(token)") == isPassed)
    #expect(window.environment.count == (isPassed ? 2 : 0))
  }

  @Test func aPopupThatIsTakenBackTakesItsWindowWithIt() async {
    await MainLoop.test {
      let (host, window) = (FakePopupHost(), FakeWindow())
      host.window = window
      let popup = Self.popup(on: host, whole: Self.whole)
      popup.handle(.action("show-all"))
      popup.handle(.withdrawn)
      #expect(await popup.end().state == .withdrawn)
      #expect(window.closings == 1)
    }
  }

  private static func content(_ body: String, timeout: Duration? = nil, textVersion: Int = 0) -> PopupContent {
    var content = PopupContent(title: "t", body: body, timeout: timeout, urgency: .critical, icon: "", replies: [])
    content.textVersion = textVersion
    return content
  }

  @Test func ofManyChangesInAShortTimeOnlyTheLastIsShown() async {
    await MainLoop.test {
      let host = FakePopupHost()
      let popup = Self.popup(on: host)
      for text in ["c", "d", "e"] { popup.change(timeout: nil) { Self.content(text) } }
      #expect(host.calls.elements.isEmpty)
      await host.calls.wait(for: 2)
      #expect(host.calls.elements == ["b → e", "renew e"])
      #expect(popup.content.body == "e" && .now - popup.appeared >= .milliseconds(500))
    }
  }

  @Test func aChangeLeavesTheTimeAsItIs() async {
    await MainLoop.test {
      let popup = Self.popup(on: FakePopupHost(), timeout: .milliseconds(1))
      popup.change(timeout: nil) { Self.content("c", timeout: .seconds(100)) }
      #expect(await popup.end().state == .expired)
    }
  }

  @Test func aNewTimeCountsFromTheChange() async {
    await MainLoop.test {
      let popup = Self.popup(on: FakePopupHost(), timeout: .seconds(100))
      popup.change(timeout: .some(.milliseconds(1))) { Self.content("c") }
      #expect(popup.rest ?? .seconds(1) <= .milliseconds(1))
      #expect(await popup.end().state == .expired)
    }
  }

  @Test func aChangeComesBeforeTheServersOwnTimer() async {
    await MainLoop.test {
      let host = FakePopupHost()
      let popup = Self.popup(on: host, timeout: .milliseconds(500))
      popup.change(timeout: .some(.seconds(100))) { Self.content("c") }
      #expect(host.calls.elements == ["b → c", "renew c"])
    }
  }

  @Test func aWindowWithTheSameTextStays() async {
    await MainLoop.test {
      let (host, window) = (FakePopupHost(), FakeWindow())
      host.window = window
      let popup = Self.popup(on: host, whole: Self.whole)
      popup.handle(.action("show-all"))
      popup.change(timeout: .some(.seconds(100))) {
        var content = Self.content("c")
        content.whole = Self.whole
        return content
      }
      #expect(popup.outcome == nil && window.closings == 0 && popup.rest ?? .zero > .seconds(90))
    }
  }

  @Test(arguments: [(.action("ok"), .pending), (.closed(2), .dismissed)] as [(PopupVerdict.Event, DeliveryState)])
  func anAnswerToAnOldTextIsNoneToTheNewOne(_ event: PopupVerdict.Event, _ state: DeliveryState) async {
    await MainLoop.test {
      // The new text waits for its turn, or for the server's answer.
      for isSent in [false, true] {
        let host = FakePopupHost()
        let popup = Self.popup(on: host)
        popup.change(timeout: nil) { Self.content("c", textVersion: 1) }
        if isSent { await host.calls.wait(for: 2) }
        popup.handle(event)
        #expect(await popup.end().state == state)
      }
    }
  }

  @Test func anAnswerToAConfirmedTextCounts() async {
    await MainLoop.test {
      let host = FakePopupHost()
      let popup = Self.popup(on: host)
      popup.change(timeout: nil) { Self.content("c", textVersion: 1) }
      await host.calls.wait(for: 2)
      popup.confirm(popup.revision)
      popup.change(timeout: nil) {
        var content = Self.content("c", textVersion: 1)
        content.progress = 50
        return content
      }
      popup.handle(.action("ok"))
      #expect(await popup.end().state == .acknowledged)
    }
  }

  @Test func whatCameBeforeThePopupCameAtOnce() async {
    await MainLoop.test {
      let table = PopupTable()
      table.expect()
      table.give(7)
      table.dispatch(.closed(2), to: 7)
      let popup = Popup(
        id: 7, content: Self.content("b"), quirks: .standard, settlingDelay: .microseconds(1), host: FakePopupHost())
      while .now - popup.appeared < .microseconds(2) {}  // on a busy machine it takes longer
      #expect(table.add(popup))
      #expect(popup.outcome?.state == .suppressed)
    }
  }

  @Test func whatHasEndedDoesNotChange() async {
    await MainLoop.test {
      let host = FakePopupHost()
      let popup = Self.popup(on: host)
      popup.change(timeout: nil) { Self.content("c") }
      popup.handle(.action("ok"))
      popup.change(timeout: .some(nil)) { Self.content("d") }
      #expect(await popup.end().state == .acknowledged)
      #expect(host.calls.elements == ["post 7", "forget"])
    }
  }

  @Test func aWindowWithTheOldTextIsClosedForThePopupToComeBack() async {
    await MainLoop.test {
      let (host, window) = (FakePopupHost(), FakeWindow())
      host.window = window
      let popup = Self.popup(on: host, timeout: .seconds(100), whole: Self.whole)
      popup.handle(.action("show-all"))
      popup.change(timeout: nil) { Self.content("c") }
      #expect(await popup.end().state == .pending)
      #expect(window.closings == 1 && popup.rest ?? .zero > .seconds(90))
    }
  }

  @Test func withoutAWindowItHasFailed() async {
    await MainLoop.test {
      let host = FakePopupHost()
      let popup = Self.popup(on: host, whole: Self.whole)
      popup.handle(.action("show-all"))
      let end = await popup.end()
      #expect(end.state == .failed && end.reason?.contains("no service manager") == true)
    }
  }
}
