internal import GBus

/// A message's share in the window of a combined popup. The window is closed with the last message in it.
@MainLoop
final class PartWindow: PopupWindow {
  private let carrier: Popup?
  private let leave: @MainLoop (Deadline, @escaping @MainLoop () -> Void) -> Void

  /// - Parameters:
  ///   - carrier: the popup in whose place the window is.
  ///   - leave: takes the message away by a deadline, and calls what it is given then.
  init(in carrier: Popup?, leave: @escaping @MainLoop (Deadline, @escaping @MainLoop () -> Void) -> Void) {
    self.carrier = carrier
    self.leave = leave
  }

  var unit: String { carrier?.windowUnit ?? "" }

  func untilItStands() async -> Bool { await carrier?.untilWindowStands() ?? false }

  func close(deadline: Deadline) async {
    await withCheckedContinuation { continuation in
      leave(deadline) { continuation.resume() }
    }
  }

  func close() { leave(.now) {} }
}
