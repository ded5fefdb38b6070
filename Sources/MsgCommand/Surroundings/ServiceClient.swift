public import MessengerContract

public import MessengerClient

/// What the command asks of the service on one machine. Calls block; several threads may call.
public protocol ServiceClient: Sendable {
  /// Sends a message, as ``MessengerClient/Client/send(to:body:options:onChange:)`` does.
  func send(
    to recipients: [String], body: String, options: SendOptions, onChange: (DeliveryChange) -> Void
  ) throws -> Receipt

  /// The sessions that the caller may see.
  func sessions() throws -> [Session]

  /// Closes the popups of a message that still stand.
  func withdraw(_ id: UInt64) throws

  /// Takes messages no more, or again.
  func setMuted(_ isMuted: Bool) throws

  /// Whether the caller takes no messages.
  func isMuted() throws -> Bool

  /// The service's numbers.
  func properties() throws -> ServiceProperties
}

extension Client: ServiceClient {}
