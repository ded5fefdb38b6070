/// The keys of `Send`'s options.
public enum SendOption: String, Sendable, CaseIterable {
  /// Seconds that the popup stays (`u`); 0 = until it is answered.
  case timeout
  /// The popup's summary (`s`).
  case title
  /// Whether the call is answered only when every delivery is final (`b`).
  case wait
  /// `low`, `normal` or `critical` (`s`).
  case urgency
  /// A themed icon's name (`s`).
  case icon
  /// Buttons instead of OK (`a(ss)`): key, label.
  case replies
}

/// The keys of a delivery's details.
public enum DeliveryDetail: String, Sendable, CaseIterable {
  /// The session's name (`s`), such as `tty2`.
  case sessionName = "session-name"
  /// The name of the session's user (`s`).
  case userName = "user-name"
  /// The recipient as it was given (`s`), where it is the user's name in another case.
  case recipient
  /// Seconds from `Send` until the final state (`d`).
  case elapsed
  /// The key of the reply button that was chosen (`s`).
  case reply
  /// Seconds that the popup stays (`u`), in a delivery to a session; 0 = until it is answered.
  case timeout
  /// The name of the error (`s`), one of ``MessengerErrorCode``'s.
  case error
  /// What went wrong, in words (`s`).
  case errorMessage = "error-message"
}

/// How much a popup matters (Desktop Notifications 1.2, Urgency Levels). Raw values are those of the wire.
public enum Urgency: String, Sendable, CaseIterable {
  /// Shown in passing.
  case low
  /// The notification servers' own default.
  case normal
  /// Stays on most desktops until it is closed.
  case critical
}
