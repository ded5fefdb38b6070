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

  private let connection: Connection
  private let service: MessageService
  private let users: UserNames
  private let logger: Logger
  private var bucket = TokenBucket(perMinute: perMinute, burst: burst, at: .now)
  /// Whether the last signal was dropped. Only the first of a row is logged.
  private var isDropping = false
  private var places = SignalPlaces()
  /// The messages that stand.
  private var sent: [UInt64: SentMessage] = [:]
  private var timer: Timer?

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
    service.followChanges { [weak self] id, changes in self?.note(changes, of: id) }
    service.followDepartures { [weak self] in self?.serviceLeft() }
  }

  private func receive(_ signal: Signal, from source: SignalSource) {
    guard let broadcast = source.read(signal.arguments) else {
      return logger.warning("\(source.interface).Notify has other arguments than it should have")
    }
    guard bucket.take(at: .now) == nil else {
      return drop("more than \(Self.burst) came at once, or \(Self.perMinute) in a minute")
    }
    guard broadcast.uids != nil else { return add(broadcast.message(to: [Messenger.everyone])) }
    MainLoop.task { await self.pass(broadcast, from: source) }
  }

  /// Passes on a signal for some users.
  private func pass(_ broadcast: BroadcastSignal, from source: SignalSource) async {
    let recipients = await users.names(of: broadcast.uids ?? []).map { "user:\($0)" }
    guard !recipients.isEmpty else { return logger.warning("\(source.interface).Notify is for unknown users") }
    add(broadcast.message(to: recipients))
  }

  private func add(_ message: DesktopMessage?) {
    guard let message else { return }
    guard places.add(message) else { return drop("\(SignalPlaces.mostWaiting) wait for a place on the desktops") }
    isDropping = false
    proceed()
  }

  private func drop(_ reason: String) {
    if !isDropping { logger.warning("drops signals: \(reason)") }
    isDropping = true
  }

  /// Does what there is to do now.
  private func proceed() {
    while let step = places.next(at: .now) {
      switch step {
      case .send(let message): MainLoop.task { await self.send(message) }
      case .withdraw(let id):
        sent[id] = nil
        MainLoop.task { await self.withdraw(id) }
      case .wait(let time):
        timer?.cancel()
        timer = Timer(at: time) { [weak self] in self?.proceed() }
        return
      }
    }
  }

  private func send(_ message: DesktopMessage) async {
    var id: UInt64?
    do {
      let answer = try await service.send(message)
      let message = SentMessage(id: answer.id, deliveries: answer.deliveries)
      logger.info("passes on a signal as message \(answer.id)")
      if let reason = Delivery.failure(in: answer.deliveries) {
        logger.warning("message \(answer.id) is not shown everywhere: \(reason)")
      }
      if message.isOpen { (id, sent[answer.id]) = (answer.id, message) }
    } catch let error as MessengerError where [.noSession, .noSuchRecipient].contains(error.code) {
      logger.info("nobody is there to see a signal")
    } catch {
      logger.error("can't pass on a signal: \(error)")
    }
    places.sent(id, at: .now)
    proceed()
  }

  private func withdraw(_ id: UInt64) async {
    do { try await service.withdraw(id) } catch { logger.error("can't withdraw message \(id): \(error)") }
    proceed()
  }

  private func note(_ changes: [Delivery], of id: UInt64) {
    sent[id]?.note(changes, at: .now)
    guard sent[id]?.isOpen == false else { return }
    sent[id] = nil
    places.ended(id)
    proceed()
  }

  private func serviceLeft() {
    sent = [:]
    places.forgetAll()
    proceed()
  }
}
