internal import FleetContract
public import GBus
internal import Glibc
public import Logging
internal import MQTT
internal import MessengerContract
internal import MessengerProxy

/// The service msg-relay: it shows messages that come from a broker, and says there what has become of them.
@MainLoop
public final class RelayService {
  /// How long the system bus may take to answer.
  private static let busTimeout: Duration = .seconds(5)

  private let connection: Connection
  private let broker: BrokerLink

  private init(connection: Connection, broker: BrokerLink) {
    self.connection = connection
    self.broker = broker
  }

  /// Starts the service on the system bus.
  ///
  /// - Parameters:
  ///   - settings: the broker, the machine and its fleets.
  ///   - logger: receives the service's log.
  ///   - onLoss: called once, if the bus ends the connection.
  /// - Returns: the service, which connects to the broker from now on.
  /// - Throws: a ``SettingsError`` if it can't be started with these settings; another error if the bus can't be
  ///   reached, or the state folder can't be read.
  public static func start(
    settings: RelaySettings, logger: Logger, onLoss: @escaping @MainLoop () -> Void
  ) async throws -> RelayService {
    let membership = try settings.membership()
    let brokerSettings = try settings.brokerSettings()
    let connection = try await Connection.system(deadline: .after(busTimeout))
    connection.onClosed = {
      logger.critical("the system bus closed the connection")
      onLoss()
    }
    let admission = Admission(machine: membership.machine, fleets: membership.fleets)
    let folder = RecordFolder(path: "\(settings.stateFolder)/messages")
    let content = try folder.read()
    let inbox = Inbox(content, in: folder, admission: admission, logger: logger, now: now)
    let broker = BrokerLink(membership, host: settings.broker, logger: logger, now: now)
    let dispatcher = Dispatcher(
      admission: admission, inbox: inbox, service: MessageService(connection: connection),
      surroundings: .init(
        machine: membership.machine, folder: folder, broker: broker, logger: logger, now: now),
      verify: verifier(settings))
    if !settings.signatures { logger.warning("messages need no signature: the broker may show what it likes") }
    dispatcher.resume(content)
    broker.onMessage = { dispatcher.add($0) }
    broker.onOutdated = { dispatcher.becomeOutdated() }
    broker.onCurrent = { dispatcher.becomeCurrent(hasSession: $0) }
    dispatcher.onStandstill = { broker.appearAgain() }
    do {
      try broker.start(
        brokerSettings, clientID: ClientID.read(in: settings.stateFolder), keepAlive: settings.keepAlive, inbox: inbox)
    } catch let error as BrokerError { throw SettingsError(description: "\(error)") }
    return RelayService(connection: connection, broker: broker)
  }

  /// Says that the machine leaves, and leaves the broker and the bus. What msgd shows stays.
  public func end() async {
    await broker.end()
    await connection.flush()
    connection.close()
  }

  private nonisolated static let now: @Sendable () -> Int64 = { Int64(time(nil)) }

  private nonisolated static func verifier(_ settings: RelaySettings) -> Dispatcher.Verifier {
    let signers = settings.allowedSigners
    guard settings.signatures else { return { _, _ in } }
    return { original, record in
      try Signature.verify(
        original.signature, of: Array(original.payload.utf8), by: record.sender, for: record.fleet, signers: signers)
    }
  }
}
