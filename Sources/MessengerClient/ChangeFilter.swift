import MessengerContract

/// Picks the service's signals from the messages that arrive. Anybody may send signals, so it checks the sender.
struct ChangeFilter {
  let connection: BusConnection
  private let waits: Bool
  private var service: String?
  private var early: [BusMessage] = []

  /// A filter for a connection with one message under way: every change that the service tells it is of that message.
  ///
  /// - Parameters:
  ///   - connection: the connection.
  ///   - waits: whether changes may come long before the answer.
  init(connection: BusConnection, waits: Bool) {
    self.connection = connection
    self.waits = waits
  }

  /// The changes that a message tells; nil for any other message, and where the answer has to tell first who sent it.
  mutating func changes(in message: BusMessage) throws -> DeliveryChanges? {
    guard message.isSignal(MessengerSignal.deliveriesChanged.rawValue, of: Messenger.interface) else { return nil }
    guard waits else {
      // The answer is on its way, and its sender is the service: no need to ask who that is.
      early.append(message)
      return nil
    }
    if service == nil { service = try connection.owner(of: Messenger.busName) }
    guard let service, message.sender == service else { return nil }
    return try DeliveryChanges(from: message)
  }

  /// The changes that came before the answer and had to wait for it.
  func changes(before answer: BusMessage) throws -> [DeliveryChanges] {
    try early.filter { $0.sender == answer.sender }.map { try DeliveryChanges(from: $0) }
  }
}
