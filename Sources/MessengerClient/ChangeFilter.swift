import MessengerContract

/// Picks the service's signals from the messages that arrive. Anybody may send signals, so it checks the sender.
struct ChangeFilter {
  let connection: BusConnection
  private let waits: Bool
  private var service: String?
  private var early: [Message] = []

  /// A filter for a connection with one message under way: every change that the service tells it is of that message.
  ///
  /// - Parameters:
  ///   - connection: the connection.
  ///   - waits: whether changes may come long before the answer.
  init(connection: BusConnection, waits: Bool) {
    self.connection = connection
    self.waits = waits
  }

  /// The changes that a message tells; none in any other message, and where the answer has to tell first who sent it.
  mutating func changes(in message: Message) throws -> [DeliveryChange] {
    guard message.isSignal(MessengerSignal.deliveriesChanged.rawValue, of: Messenger.interface) else { return [] }
    guard waits else {
      // The answer is on its way, and its sender is the service: no need to ask who that is.
      early.append(message)
      return []
    }
    if service == nil { service = try connection.owner(of: Messenger.busName) }
    guard let service, message.sender == service else { return [] }
    return try DeliveryChange.all(from: message)
  }

  /// The changes that came before the answer and had to wait for it.
  func changes(before answer: Message) throws -> [DeliveryChange] {
    try early.filter { $0.sender == answer.sender }.flatMap { try DeliveryChange.all(from: $0) }
  }
}
