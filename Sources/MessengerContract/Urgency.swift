/// How much a popup matters (Desktop Notifications 1.2, Urgency Levels). Raw values are those of the wire.
public enum Urgency: String, Sendable, CaseIterable {
  /// Shown in passing.
  case low
  /// The notification servers' own default.
  case normal
  /// Stays on most desktops until it is closed.
  case critical
}
