public import GBus
public import Logging
internal import MessengerProxy

/// The service msg-bridge: it tells desktops what other programs tell terminals or the system bus.
@MainLoop
public final class BridgeService {
  /// How long the system bus may take to answer.
  private static let busTimeout: Duration = .seconds(5)

  private let connection: Connection
  private let shutdown: ShutdownBridge?
  private let signals: SignalBridge
  /// Called once, when the service has lost the bus.
  private let onLoss: @MainLoop () -> Void

  private init(
    connection: Connection, settings: BridgeSettings, clock: LocalClock, logger: Logger,
    onLoss: @escaping @MainLoop () -> Void
  ) {
    self.connection = connection
    self.onLoss = onLoss
    let service = MessageService(connection: connection)
    let users = UserNames()
    signals = SignalBridge(connection: connection, service: service, users: users, logger: logger)
    let bridge = ShutdownBridge(
      folder: settings.scheduleFolder, notes: settings.notesFolder.map { "\($0)/messages" }, service: service,
      users: users, clock: clock, logger: logger)
    shutdown = settings.shutdown ? bridge : nil
  }

  /// Starts the service on the system bus.
  ///
  /// - Parameters:
  ///   - settings: what is passed on.
  ///   - logger: receives the service's log.
  ///   - onLoss: called once, if the bus ends the connection.
  /// - Returns: the service, which passes things on from now on.
  /// - Throws: `BusError` if the bus can't be reached, doesn't give the service its name, or logind's folder can't be
  ///   watched.
  public static func start(
    settings: BridgeSettings, logger: Logger, onLoss: @escaping @MainLoop () -> Void
  ) async throws -> BridgeService {
    let connection = try await Connection.system(deadline: .after(busTimeout))
    let service = BridgeService(
      connection: connection, settings: settings, clock: .system, logger: logger, onLoss: onLoss)
    try await service.appear(settings.sources, logger)
    return service
  }

  /// Takes back what still stands, and leaves the bus.
  public func end() async {
    await shutdown?.end()
    await connection.flush()
    connection.close()
  }

  private func appear(_ sources: [SignalSource], _ logger: Logger) async throws {
    connection.onClosed = { [weak self] in
      logger.critical("the system bus closed the connection")
      self?.onLoss()
    }
    // Before any signal is asked for: without the name, the bus's policy doesn't hold.
    let name = SignalBridge.busName
    guard try await connection.requestName(name, deadline: .after(Self.busTimeout)) else {
      throw BusError.local("the name \(name) is taken: another msg-bridge runs")
    }
    signals.start(sources)
    try shutdown?.start()
  }
}
