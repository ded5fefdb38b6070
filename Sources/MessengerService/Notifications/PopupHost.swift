internal import GBus

/// What a popup needs of the notification server that shows it.
@MainLoop
protocol PopupHost: AnyObject {
  /// Closes a popup, and calls `done` when the server has answered or the deadline has passed.
  func close(_ popup: Popup, deadline: Deadline, done: @escaping @MainLoop () -> Void)
  /// Closes a popup without waiting.
  func post(closing id: UInt32)
  /// Takes a popup off the screen, where closing it is not enough.
  func hide(_ popup: Popup)
  /// Raises a popup once more in its own place, which gives it its time again.
  func renew(_ popup: Popup)
  /// Ends the interest in a popup's signals.
  func forget(_ popup: Popup)
  /// Closes a popup, whose fate isn't decided by that, and opens a window with the whole of its text instead.
  ///
  /// - Parameters:
  ///   - popup: the popup.
  ///   - whole: what the window shows.
  ///   - closesBy: when the window is closed at the latest; `nil` = never.
  ///   - onEnd: called once with what ended the window, unless it is closed from here before.
  /// - Returns: the window; `nil` where nothing opens windows.
  func replace(
    _ popup: Popup, by whole: WholeText, closesBy: Deadline?, onEnd: @escaping @MainLoop (PopupVerdict.Event) -> Void
  ) -> (any PopupWindow)?
}

/// A window with the whole of a popup's text.
@MainLoop
protocol PopupWindow: AnyObject {
  /// Closes the window, and returns when that is done or the deadline has passed.
  func close(deadline: Deadline) async
  /// Closes the window without waiting.
  func close()
}

/// Opens windows in a user's session.
@MainLoop
protocol PopupWindowOpener: AnyObject {
  /// Opens a window: see ``PopupHost/replace(_:by:closesBy:onEnd:)``.
  func open(
    _ whole: WholeText, closesBy: Deadline?, onEnd: @escaping @MainLoop (PopupVerdict.Event) -> Void
  ) -> any PopupWindow
}
