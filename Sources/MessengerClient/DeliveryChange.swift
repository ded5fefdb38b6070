public import MessengerContract

/// The news that a delivery has entered another state, as the signal `DeliveryChanged` tells it.
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
  /// Takes a signal's arguments, `tssa{sv}`.
  init(from signal: Message) throws {
    self = try signal.read { arguments in
      DeliveryChange(
        messageID: try arguments.uint64(), sessionID: try arguments.string(),
        state: try DeliveryState(from: &arguments), details: try DeliveryDetails(from: &arguments))
    }
  }
}
