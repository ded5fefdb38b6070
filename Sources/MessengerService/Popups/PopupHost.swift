internal import GBus

/// The functions of a notification server that a popup needs.
@MainLoop
protocol PopupHost: AnyObject {
  /// Closes a popup, and calls `done` when the server has answered or the deadline has passed.
  func close(_ popup: Popup, deadline: Deadline, done: @escaping @MainLoop () -> Void)
  /// Closes a popup without waiting.
  func post(closing id: UInt32)
  /// Removes a popup from the screen, if closing it is not enough.
  func hide(_ popup: Popup)
  /// Returns what a popup is to say instead of what it says, in the form that the server shows, and unlike any other
  /// popup.
  func fit(_ content: PopupContent, instead old: PopupContent) -> PopupContent
  /// Raises a popup again in its own place, with what it says now, so that its time on the screen starts anew.
  func renew(_ popup: Popup)
  /// Stops passing signals to a popup.
  func forget(_ popup: Popup)
  /// Closes a popup without deciding its outcome, and opens a window with the whole of its text instead.
  ///
  /// - Parameters:
  ///   - popup: the popup.
  ///   - whole: the text that the window shows.
  ///   - closesBy: the time by which the window is closed; `nil` = never.
  ///   - onEnd: called once with the event that ended the window, unless msgd closes it before.
  /// - Returns: the window; `nil` if nothing opens windows.
  func replace(
    _ popup: Popup, by whole: WholeText, closesBy: Deadline?, onEnd: @escaping @MainLoop (PopupVerdict.Event) -> Void
  ) -> (any PopupWindow)?
  /// Returns what stands on the screen for a popup.
  func standing(for popup: Popup) -> PopupContent
}

extension PopupHost {
  func standing(for popup: Popup) -> PopupContent { popup.content }
}

/// Follows a popup.
@MainLoop
protocol PopupObserver: AnyObject {
  /// An event concerns the popup, which handles it afterwards.
  func popup(_ popup: Popup, handles event: PopupVerdict.Event)
  /// The server shows the popup as it was after ``Popup/revision`` changes. What the user does from now on is about
  /// that.
  func popup(_ popup: Popup, shows revision: Int)
  /// The popup has its outcome.
  func popupEnded(_ popup: Popup)
}

/// A window with the text of a popup.
@MainLoop
protocol PopupWindow: AnyObject {
  /// The beginning of the name of its unit.
  var unit: String { get }
  /// Waits until its program has run for a while, so that it hasn't failed to open a window, or until it has ended.
  ///
  /// - Returns: whether it stands.
  func untilItStands() async -> Bool
  /// Closes the window. Returns when that is done or the deadline has passed.
  func close(deadline: Deadline) async
  /// Closes the window without waiting.
  func close()
}

/// Opens windows in a user's session.
@MainLoop
protocol PopupWindowOpener: AnyObject {
  /// Opens a window.
  ///
  /// - Parameters:
  ///   - content: what it shows and asks.
  ///   - closesBy: the time by which the window is closed; `nil` = never.
  ///   - onEnd: called once when the window ends, unless msgd closes it before.
  /// - Returns: the window.
  func open(
    _ content: WindowContent, closesBy: Deadline?, onEnd: @escaping @MainLoop (WindowEnd) -> Void
  ) -> any PopupWindow
}
