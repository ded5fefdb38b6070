/// The urgency of a popup (Desktop Notifications 1.2, Urgency Levels). Raw values are those on the wire.
public enum Urgency: String, Sendable, CaseIterable {
  /// Shown briefly.
  case low
  /// The notification servers' own default.
  case normal
  /// Stays on most desktops until it is closed.
  case critical
}
