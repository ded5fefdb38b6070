/// The state of a message's delivery to one session. Raw values are those on the wire.
public enum DeliveryState: String, Sendable, CaseIterable {
  /// Kept until the user is at a desktop that shows it.
  case held
  /// On its way to the desktop.
  case pending
  /// The desktop accepted the popup and shows it.
  case shown
  /// The user put it off, and it comes again by itself.
  case deferred
  /// The user chose OK, a reply button or the popup itself.
  case acknowledged
  /// The user closed the popup without a button.
  case dismissed
  /// Nobody answered within the timeout.
  case expired
  /// The sender withdrew the message, or the service ended.
  case withdrawn
  /// The session ended before.
  case sessionClosed = "session-closed"
  /// The desktop accepted the popup and did not show it to the end.
  case suppressed
  /// Not shown, because the user takes no messages.
  case muted
  /// Written on a terminal, where nobody can answer.
  case written
  /// Not delivered, or the notification server left while the popup stood.
  case failed

  /// Whether a delivery never leaves this state.
  public var isFinal: Bool {
    switch self {
    case .held, .pending, .shown, .deferred: false
    case .acknowledged, .dismissed, .expired, .withdrawn, .sessionClosed, .suppressed, .muted, .written, .failed: true
    }
  }

  /// Whether the message has been on the recipient's screen, if it was ever on its way there: see
  /// ``Delivery/isReached``.
  public var isReached: Bool {
    switch self {
    case .shown, .deferred, .acknowledged, .dismissed, .expired, .withdrawn, .written: true
    case .held, .pending, .sessionClosed, .suppressed, .muted, .failed: false
    }
  }
}
