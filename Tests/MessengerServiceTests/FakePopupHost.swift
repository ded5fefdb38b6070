import GBus
import TestSupport

@testable import MessengerService

/// Records a popup's requests.
@MainLoop
final class FakePopupHost: PopupHost {
  let calls = Recorder<String>()
  var window: FakeWindow?
  var onEnd: (@MainLoop (PopupVerdict.Event) -> Void)?

  func close(_ popup: Popup, deadline: Deadline, done: @escaping @MainLoop () -> Void) {
    calls.record("close")
    done()
  }

  func post(closing id: UInt32) { calls.record("post \(id)") }
  func hide(_ popup: Popup) {}
  func fit(_ content: PopupContent, instead old: PopupContent) -> PopupContent {
    calls.record("\(old.body) → \(content.body)")
    return content
  }

  func renew(_ popup: Popup) { calls.record("renew \(popup.content.body)") }
  func forget(_ popup: Popup) { calls.record("forget") }

  func replace(
    _ popup: Popup, by whole: WholeText, closesBy: Deadline?, onEnd: @escaping @MainLoop (PopupVerdict.Event) -> Void
  ) -> (any PopupWindow)? {
    calls.record("replace")
    self.onEnd = onEnd
    if window == nil { onEnd(.windowFailed("no service manager")) }
    return window
  }
}

/// A window that closes when it is told to.
@MainLoop
final class FakeWindow: PopupWindow {
  let unit = "msg-1"
  private(set) var closings = 0

  func untilItStands() async -> Bool { true }
  func close(deadline: Deadline) async { closings += 1 }
  func close() { closings += 1 }
}
