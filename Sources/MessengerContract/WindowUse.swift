/// When a window shows a message instead of a popup. Raw values are those on the wire.
public enum WindowUse: String, Sendable, CaseIterable {
  /// Instead of a popup.
  case always
  /// When the desktop keeps the popup back, or may hide it. Only for senders who may message everyone.
  case fallback
  /// Not even on a desktop that shows no popups.
  case never
}

/// By what a message was shown. Raw values are those on the wire.
public enum DeliveryMeans: String, Sendable, CaseIterable {
  /// A popup of the notification server.
  case popup
  /// A window of its own.
  case window
  /// A terminal, on which it was written.
  case terminal
}
