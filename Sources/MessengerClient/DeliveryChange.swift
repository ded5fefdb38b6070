public import MessengerContract

/// The news that a delivery has entered another state, as the signal `DeliveriesChanged` tells it with others.
public struct DeliveryChange: Sendable, Equatable {
  /// The message.
  public let messageID: UInt64
  /// The logind session's id.
  public let sessionID: String
  /// The state that the delivery is in now.
  public let state: DeliveryState
  /// What else is known.
  public let details: DeliveryDetails

  /// A change of one delivery.
  public init(
    messageID: UInt64, sessionID: String, state: DeliveryState, details: DeliveryDetails = DeliveryDetails()
  ) {
    self.messageID = messageID
    self.sessionID = sessionID
    self.state = state
    self.details = details
  }
}

extension DeliveryChange {
  /// Takes a signal's arguments, `ta(ssusa{sv})`: the changes in their order.
  static func all(from signal: Message) throws -> [DeliveryChange] {
    try signal.read { arguments in
      let id = try arguments.uint64()
      return try arguments.array { element in
        let delivery = try Delivery(from: &element)
        return DeliveryChange(
          messageID: id, sessionID: delivery.sessionID, state: delivery.state, details: delivery.details)
      }
    }
  }
}
