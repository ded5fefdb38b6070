internal import MessengerContract

/// A message for the service msgd.
struct DesktopMessage: Sendable, Equatable {
  /// The recipients, as in `Send`.
  var recipients = [Messenger.everyone]
  /// The text.
  var body: String
  /// Everything else.
  var options = SendOptions()
}
