package import MessengerContract

/// A message for the service msgd.
package struct DesktopMessage: Sendable, Equatable {
  /// The recipients, as in `Send`.
  package var recipients: [String]
  /// The text.
  package var body: String
  /// Everything else.
  package var options: SendOptions

  /// Makes a message, by default for everyone.
  package init(recipients: [String] = [Messenger.everyone], body: String, options: SendOptions = SendOptions()) {
    self.recipients = recipients
    self.body = body
    self.options = options
  }
}
