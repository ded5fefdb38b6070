import MessengerContract

/// Picks the service's news from what arrives. The bus lets anybody send anybody a signal, so the sender is checked.
struct ChangeFilter {
  let connection: BusConnection
  private var service: String?

  /// A filter for a connection with one message under way: every change that the service tells it is of that message.
  init(connection: BusConnection) {
    self.connection = connection
  }

  /// The change that a message tells of; nil for any other message.
  mutating func change(in message: Message) throws -> DeliveryChange? {
    guard message.isSignal("DeliveryChanged", of: Messenger.interface) else { return nil }
    // Asked for only now: a call that brings no news costs no second round trip.
    if service == nil { service = try connection.owner(of: Messenger.busName) }
    guard let service, message.sender == service else { return nil }
    return try DeliveryChange(from: message)
  }
}
