/// Where a message to one session stands. Raw values are those of the wire.
public enum DeliveryState: String, Sendable, CaseIterable {
  /// On its way to the desktop.
  case pending
  /// The desktop took the popup and shows it.
  case shown
  /// The user chose OK, a reply button or the popup itself.
  case acknowledged
  /// Closed without a button.
  case dismissed
  /// Nobody answered within the timeout.
  case expired
  /// Taken back by the sender, or because the service ends.
  case withdrawn
  /// The session ended first.
  case sessionClosed = "session-closed"
  /// The desktop took the popup and did not show it to the end.
  case suppressed
  /// Not shown, because the user takes no messages.
  case muted
  /// Not delivered, or the notification server left while the popup stood.
  case failed

  /// Whether a delivery stays in this state for good.
  public var isFinal: Bool {
    switch self {
    case .pending, .shown: false
    case .acknowledged, .dismissed, .expired, .withdrawn, .sessionClosed, .suppressed, .muted, .failed: true
    }
  }

  /// Whether the popup has been on the recipient's screen.
  public var isReached: Bool {
    switch self {
    case .shown, .acknowledged, .dismissed, .expired, .withdrawn: true
    case .pending, .sessionClosed, .suppressed, .muted, .failed: false
    }
  }
}
