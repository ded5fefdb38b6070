internal import GBus
internal import MessengerContract

/// The errors that senders get when a notification server did not do what it was asked.
enum NotificationServerError {
  /// KDE's error for a popup like the previous one within a second.
  static let tooSimilar = "org.freedesktop.Notifications.Error.ExcessNotificationGeneration"

  /// The reason if a server set to "do not disturb" doesn't show a popup.
  static let quiet = "the desktop is set to do not disturb"

  private static let absence = "there is no notification server on the desktop"

  /// Explains a failed call of the server; `nil` if the error means nothing to a sender.
  static func explanation(of error: BusError) -> MessengerError? {
    switch error {
    case .closed: MessengerError(.failed, "the session bus closed the connection")
    case .ended(let act): MessengerError(.failed, "the session bus \(Quotation(act))")
    case .remote(let name, let message): MessengerError(.failed, reason(name, Quotation(message)))
    default: nil
    }
  }

  /// Returns the error for a missing answer.
  ///
  /// - Parameter isRunning: whether there is a server, as opposed to one that was to be started.
  /// - Returns: the error.
  static func silence(isRunning: Bool) -> MessengerError {
    MessengerError(
      .failed,
      isRunning
        ? "the notification server does not answer"
        : "\(absence), and the one that is to be started does not come up")
  }

  private static func reason(_ name: String, _ message: Quotation) -> String {
    switch name {
    case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner":
      absence
    case "org.freedesktop.DBus.Error.NoReply": "the notification server left without an answer"
    case _ where name.hasPrefix("org.freedesktop.DBus.Error.Spawn."), "org.freedesktop.DBus.Error.TimedOut":
      "\(absence), and none could be started: \(message)"
    default: "the notification server refused: \(message)"
    }
  }
}
