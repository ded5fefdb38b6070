public import MessengerContract

/// What the service signals of a message (`DeliveriesChanged`): deliveries that have entered a state, in their order.
/// The same delivery may be there twice.
public struct DeliveryChanges: Sendable, Equatable {
  /// The message.
  public let messageID: UInt64
  /// The deliveries.
  public let deliveries: [Delivery]

  /// Changes of a message's deliveries.
  public init(messageID: UInt64, deliveries: [Delivery]) {
    self.messageID = messageID
    self.deliveries = deliveries
  }
}

extension DeliveryChanges {
  /// Takes the signal's arguments, `ta(ssusa{sv})`.
  init(from signal: BusMessage) throws {
    (messageID, deliveries) = try signal.deliveries()
  }
}
