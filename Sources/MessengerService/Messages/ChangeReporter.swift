internal import CProcess
internal import GBus
internal import Logging
internal import MessengerContract

/// Tells senders what becomes of their messages, by the signal `DeliveryChanged`, for as long as they are on the bus:
/// most have left by the time their popups go, and signals to nobody were a fifth of a broadcast's work.
@MainLoop
final class ChangeReporter {
  private static let interface = Remote(
    destination: Messenger.busName, path: Messenger.objectPath, interface: Messenger.interface)

  private let connection: Connection
  private let timeout: Duration
  private let logger: Logger

  /// - Parameters:
  ///   - connection: to the system bus.
  ///   - timeout: how long it may take to answer.
  ///   - logger: where it is told what can't be told.
  init(connection: Connection, timeout: Duration, logger: Logger) {
    self.connection = connection
    self.timeout = timeout
    self.logger = logger
  }

  /// Tells a message's sender of one of its deliveries.
  func tell(_ message: Message, _ delivery: Delivery) {
    guard message.senderPresence != .gone else { return }
    do {
      try connection.emit(
        "DeliveryChanged",
        [.uint64(message.id), .string(delivery.sessionID), .string(delivery.state.rawValue), delivery.details],
        from: Self.interface, to: message.sender.busName)
    } catch {
      logger.warning("can't tell \(message.sender.busName) of message \(message.id): \(error)")
    }
    if delivery.state.isFinal, message.senderPresence == .present, let pid = message.sender.pid, !msg_is_running(pid) {
      message.senderPresence = .doubtful
      MainLoop.task { await self.look(for: message) }
    }
  }

  private func look(for message: Message) async {
    let name = [Value.string(message.sender.busName)]
    let answer = try? await connection.call(.bus, "NameHasOwner", name, deadline: .after(timeout))
    // With another process behind it, it stays doubtful: there is none whose end could be seen.
    if answer == [.boolean(false)] { message.senderPresence = .gone }
  }
}
