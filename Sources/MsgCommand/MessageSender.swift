public import MessengerClient

/// What the command asks of the service.
public protocol MessageSender {
  /// Sends a message, as ``MessengerClient/Client/send(to:body:options:onChange:)`` does.
  func send(
    to recipients: [String], body: String, options: SendOptions, onChange: (DeliveryChange) -> Void
  ) throws -> Receipt
}

extension Client: MessageSender {}
