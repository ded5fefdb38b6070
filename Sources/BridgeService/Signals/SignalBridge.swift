internal import GBus
internal import Logging
internal import MessengerContract
internal import MessengerProxy

/// Passes signals of the system bus on to desktops.
///
/// The bus decides whose signals come here: its policy (`dbus/org.msgd.Bridge1.conf`) lets only root's connections send
/// them to the owner of this bridge's name. Asking the bus who has sent a signal would not do, because most senders
/// have left by then.
@MainLoop
final class SignalBridge {
  /// The name on the bus that the policy speaks of.
  static let busName = "org.msgd.Bridge1"

  /// How many signals are passed on in a minute, and at once.
  private static let perMinute: UInt32 = 20
  private static let burst: UInt32 = 10
  /// How many messages may be on their way to msgd.
  private static let mostUnderWay = 16

  private let connection: Connection
  private let service: MessageService
  private let users: UserNames
  private let logger: Logger
  private var bucket = TokenBucket(perMinute: perMinute, burst: burst, at: .now)
  private var underWay = 0
  /// Whether the last signal was dropped. Only the first of a row is logged.
  private var isDropping = false

  init(connection: Connection, service: MessageService, users: UserNames, logger: Logger) {
    self.connection = connection
    self.service = service
    self.users = users
    self.logger = logger
  }

  /// Begins to listen.
  func start(_ sources: [SignalSource]) {
    for source in sources {
      connection.follow(SignalFilter(interface: source.interface, member: "Notify")) { [weak self] in
        self?.receive($0, from: source)
      }
    }
  }

  private func receive(_ signal: Signal, from source: SignalSource) {
    guard let broadcast = source.read(signal.arguments) else {
      return logger.warning("\(source.interface).Notify has other arguments than it should have")
    }
    guard underWay < Self.mostUnderWay, bucket.take(at: .now) == nil else {
      if !isDropping { logger.warning("drops signals: more than \(Self.perMinute) in a minute") }
      isDropping = true
      return
    }
    isDropping = false
    underWay += 1
    MainLoop.task {
      await self.send(broadcast, from: source)
      self.underWay -= 1
    }
  }

  private func send(_ broadcast: BroadcastSignal, from source: SignalSource) async {
    var recipients = [Messenger.everyone]
    if let uids = broadcast.uids {
      recipients = await users.names(of: uids).map { "user:\($0)" }
      guard !recipients.isEmpty else { return logger.warning("\(source.interface).Notify is for unknown users") }
    }
    guard let message = broadcast.message(to: recipients) else { return }
    do {
      _ = try await service.send(message)
    } catch let error as MessengerError where [.noSession, .noSuchRecipient].contains(error.code) {
      logger.info("nobody is there to see a message of \(source.interface)")
    } catch {
      logger.error("can't pass on a message of \(source.interface): \(error)")
    }
  }
}
