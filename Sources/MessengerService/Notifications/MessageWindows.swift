internal import GBus
internal import MessengerContract

/// The windows that show messages on a desktop instead of popups. A sender has one at a time, so that nobody can bury
/// a user under windows; the sender's further ones wait for their turn.
@MainLoop
final class MessageWindows {
  /// Opens the windows; `nil` if nothing can.
  var opener: (any PopupWindowOpener)?

  private var queues: [UInt32: PopupQueue] = [:]
  private var open: [ObjectIdentifier: Popup] = [:]

  nonisolated init() {}

  /// Adds a window to those that wait for their turn.
  ///
  /// - Parameter sender: the sender's uid.
  /// - Returns: the window's place.
  func place(from sender: UInt32) -> PopupQueue.Place {
    let queue = queues[sender] ?? PopupQueue()
    queues[sender] = queue
    return queue.enter(for: "", from: sender, in: PopupOrder.Room(popups: 1), turn: .seconds(Int64(Int32.max)))
  }

  /// Opens a window with a message.
  ///
  /// - Parameter content: what it says; its ``PopupContent/whole`` says what the window shows.
  /// - Returns: the message, which is followed like a popup; it may have ended already.
  func show(_ content: PopupContent) -> Popup {
    let popup = Popup(window: content, host: self)
    if popup.outcome == nil { open[ObjectIdentifier(popup)] = popup }
    return popup
  }

  /// Ends all windows, because the desktop's bus has ended.
  func busEnded(_ event: PopupVerdict.Event) {
    for popup in open.values { popup.handle(event) }
  }
}

/// There is no popup, so only windows are opened.
extension MessageWindows: PopupHost {
  func close(_ popup: Popup, deadline: Deadline, done: @escaping @MainLoop () -> Void) { done() }
  func post(closing id: UInt32) {}
  func hide(_ popup: Popup) {}
  func fit(_ content: PopupContent, instead old: PopupContent) -> PopupContent { content }
  func renew(_ popup: Popup) {}
  func forget(_ popup: Popup) { open[ObjectIdentifier(popup)] = nil }

  func replace(
    _ popup: Popup, by whole: WholeText, closesBy: Deadline?, onEnd: @escaping @MainLoop (PopupVerdict.Event) -> Void
  ) -> (any PopupWindow)? {
    guard let opener else {
      onEnd(.windowFailed("there is no service manager of the user's (systemd --user) on the session's bus"))
      return nil
    }
    let keys = popup.content.windowButtons.map(\.key)
    return opener.open(whole.window, closesBy: closesBy) { end in
      switch end {
      case .chosen(let number) where keys.indices.contains(number): onEnd(.windowAnswered(keys[number]))
      case .chosen, .closed, .typed: onEnd(.windowVanished)
      case .failed(let reason): onEnd(.windowFailed(reason))
      }
    }
  }
}
