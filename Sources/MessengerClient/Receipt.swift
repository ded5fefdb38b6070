public import MessengerContract

/// The answer to a message that was sent.
public struct Receipt: Sendable, Equatable {
  /// The message.
  public let id: UInt64
  /// One entry for each session, and one, failed, for each recipient that could not be resolved.
  public let deliveries: [Delivery]

  /// An answer.
  public init(id: UInt64, deliveries: [Delivery]) {
    self.id = id
    self.deliveries = deliveries
  }
}

extension Receipt {
  /// Takes the arguments of `Send`'s answer, `ta(ssusa{sv})`.
  init(from answer: BusMessage) throws {
    (id, deliveries) = try answer.deliveries()
  }
}
