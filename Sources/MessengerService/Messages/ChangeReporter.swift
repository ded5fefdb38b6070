internal import CProcess
internal import GBus
internal import Logging
internal import MessengerContract

/// Tells senders what becomes of their messages, by the signal `DeliveriesChanged`, for as long as they are on the bus:
/// most have left by the time their popups go, and signals to nobody were a fifth of a broadcast's work.
///
/// What changes within a moment goes out as one signal for each message. A signal for each delivery was the largest
/// single cost of a broadcast on connections that are open.
@MainLoop
final class ChangeReporter {
  private static let interface = Remote(
    destination: Messenger.busName, path: Messenger.objectPath, interface: Messenger.interface)

  /// How long a change waits for others that go out with it.
  private static let collectionDelay: Duration = .milliseconds(10)

  private let connection: Connection
  private let timeout: Duration
  private let logger: Logger
  /// What hasn't been told yet, in the order of its happening, by the messages' ids.
  private var untold: [UInt64: (message: Message, changes: [Delivery])] = [:]
  private var timer: Timer?

  /// - Parameters:
  ///   - connection: to the system bus.
  ///   - timeout: how long it may take to answer.
  ///   - logger: where it is told what can't be told.
  nonisolated init(connection: Connection, timeout: Duration, logger: Logger) {
    self.connection = connection
    self.timeout = timeout
    self.logger = logger
  }

  /// Tells a message's sender of a change of one of its deliveries, soon.
  func tell(_ message: Message, _ delivery: Delivery) {
    guard message.senderPresence != .gone else { return }
    untold[message.id, default: (message, [])].changes.append(delivery)
    if timer == nil { timer = Timer(at: .after(Self.collectionDelay)) { [weak self] in self?.flush() } }
  }

  /// Tells a message's sender now what hasn't been told yet.
  func flush(_ message: Message) {
    if let entry = untold.removeValue(forKey: message.id) { send(entry.changes, of: message) }
  }

  /// Tells all senders now.
  func flush() {
    timer?.cancel()
    timer = nil
    let entries = untold
    untold = [:]
    for (message, changes) in entries.values { send(changes, of: message) }
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
    // With another process behind it, it stays doubtful: there is none whose end could be seen.
    if answer == [.boolean(false)] { message.senderPresence = .gone }
  }
}
