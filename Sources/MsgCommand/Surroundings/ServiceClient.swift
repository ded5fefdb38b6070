public import MessengerContract

public import MessengerClient

/// The calls of the service that the command makes on one machine. Calls block. Several threads may call.
public protocol ServiceClient: Sendable {
  /// Sends a message, as ``MessengerClient/Client/send(to:body:options:onChange:)`` does.
  func send(
    to recipients: [String], body: String, options: SendOptions, onChange: (DeliveryChanges) -> Void
  ) throws -> Receipt

  /// Changes what a message says, as ``MessengerClient/Client/update(_:body:options:)`` does.
  func update(_ id: UInt64, body: String, options: SendOptions) throws

  /// How a message stands now.
  func deliveries(of id: UInt64) throws -> [Delivery]

  /// The sessions that the caller may see.
  func sessions() throws -> [Session]

  /// Closes the popups of a message that are still open.
  func withdraw(_ id: UInt64) throws

  /// The messages that are held: the caller's own, and everybody's if the caller may see them.
  func heldMessages() throws -> [HeldMessage]

  /// Refuses messages to the caller from now on, or accepts them again.
  func setMuted(_ isMuted: Bool) throws

  /// Whether the caller refuses messages.
  func isMuted() throws -> Bool

  /// The service's version, defaults and limits.
  func properties() throws -> ServiceProperties
}

extension Client: ServiceClient {}
