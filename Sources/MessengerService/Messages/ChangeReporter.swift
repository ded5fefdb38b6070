internal import CProcess
internal import GBus
internal import Logging
internal import MessengerContract
internal import MessengerProxy

/// Reports changes of deliveries to the messages' senders with the signal `DeliveriesChanged`, as long as they are on
/// the bus. Most senders have left by the time their popups close, and signals to nobody were a fifth of the work of a
/// broadcast.
///
/// Changes that happen within a few milliseconds go out as one signal for each message. A signal for each delivery was
/// the largest single cost of a broadcast over open connections.
@MainLoop
final class ChangeReporter {
  private static let interface = Remote(
    destination: Messenger.busName, path: Messenger.objectPath, interface: Messenger.interface)

  /// How long a change waits for others to go out with it.
  private static let collectionDelay: Duration = .milliseconds(10)

  private let connection: Connection
  private let timeout: Duration
  private let logger: Logger
  /// The changes not reported yet, in the order in which they happened, by the messages' ids.
  private var untold: [UInt64: (message: Message, changes: [Delivery])] = [:]
  private var timer: Timer?

  /// - Parameters:
  ///   - connection: the connection to the system bus.
  ///   - timeout: how long the bus may take to answer.
  ///   - logger: receives a line for each signal that can't be sent.
  nonisolated init(connection: Connection, timeout: Duration, logger: Logger) {
    self.connection = connection
    self.timeout = timeout
    self.logger = logger
  }

  /// Reports a change of a delivery to the message's sender, after a short delay.
  func tell(_ message: Message, _ delivery: Delivery) {
    guard message.senderPresence != .gone else { return }
    untold[message.id, default: (message, [])].changes.append(delivery)
    if timer == nil { timer = Timer(at: .after(Self.collectionDelay)) { [weak self] in self?.flush() } }
  }

  /// Sends the changes of a message that are not reported yet.
  func flush(_ message: Message) {
    if let entry = untold.removeValue(forKey: message.id) { send(entry.changes, of: message) }
  }

  /// Sends all changes that are not reported yet, those of older messages first.
  func flush() {
    timer?.cancel()
    timer = nil
    let entries = untold
    untold = [:]
    for (message, changes) in entries.values.sorted(by: { $0.message.id < $1.message.id }) {
      send(changes, of: message)
    }
  }

  private func send(_ changes: [Delivery], of message: Message) {
    do {
      try connection.emit(
        MessengerSignal.deliveriesChanged.rawValue,
        [.uint64(message.id), .array(of: Delivery.signature, changes.map(Value.init))],
        from: Self.interface, to: message.sender.busName)
    } catch {
      logger.warning("can't tell \(message.sender.busName) of message \(message.id): \(error)")
    }
    guard message.senderPresence == .present, changes.contains(where: \.state.isFinal),
      let pid = message.sender.pid, !msg_is_running(pid)
    else { return }
    message.senderPresence = .doubtful
    MainLoop.task { await self.look(for: message) }
  }

  private func look(for message: Message) async {
    let name = [Value.string(message.sender.busName)]
    let answer = try? await connection.call(.bus, "NameHasOwner", name, deadline: .after(timeout))
    // If the connection remains, another process has it. The sender stays doubtful, because the bus shows no process
    // whose end could be noticed.
    if answer == [.boolean(false)] { message.senderPresence = .gone }
  }
}
