internal import GBus
internal import MessengerContract

/// Calls msgd, which the bus starts if it doesn't run.
@MainLoop
struct MessageService {
  /// How long msgd may take. A desktop may take five seconds until it shows a popup, and its bus is found before.
  private static let timeout: Duration = .seconds(30)

  private let connection: Connection
  private let remote = Remote(
    destination: Messenger.busName, path: Messenger.objectPath, interface: Messenger.interface)

  init(connection: Connection) { self.connection = connection }

  /// Sends a message.
  ///
  /// - Returns: its id, and what became of it so far.
  /// - Throws: `MessengerError`, or `BusError` if msgd doesn't answer.
  func send(_ message: DesktopMessage) async throws -> (id: UInt64, deliveries: [DeliveryReport]) {
    let answer = try await call(
      .send, [.strings(message.recipients), .string(message.body), Self.dictionary(message.options)])
    guard let id = answer.first?.uint64 else { throw BusError.local("msgd answered Send without an id") }
    return (id, DeliveryReport.list(answer.last))
  }

  /// Changes what a message says.
  ///
  /// - Throws: as ``send(_:)``.
  func update(_ id: UInt64, to message: DesktopMessage) async throws {
    var options = SendOptions()
    (options.title, options.icon) = (message.options.title, message.options.icon)
    _ = try await call(.update, [.uint64(id), .string(message.body), Self.dictionary(options)])
  }

  /// Takes a message back. One that msgd doesn't know any more counts as taken back.
  ///
  /// - Throws: as ``send(_:)``.
  func withdraw(_ id: UInt64) async throws {
    do {
      _ = try await call(.withdraw, [.uint64(id)])
    } catch let error as MessengerError where error.code == .noSuchMessage {}
  }

  /// Calls `handler` with each change of this connection's messages.
  func followChanges(_ handler: @escaping @MainLoop (UInt64, [DeliveryReport]) -> Void) {
    let filter = SignalFilter(
      sender: Messenger.busName, path: Messenger.objectPath, interface: Messenger.interface,
      member: MessengerSignal.deliveriesChanged.rawValue)
    connection.follow(filter) { signal in
      guard let id = signal.arguments.first?.uint64 else { return }
      handler(id, DeliveryReport.list(signal.arguments.last))
    }
  }

  /// Calls `handler` when msgd has left the bus.
  func followDepartures(_ handler: @escaping @MainLoop () -> Void) {
    let filter = SignalFilter(
      sender: Remote.bus.destination, interface: Remote.bus.interface, member: "NameOwnerChanged",
      argument0: Messenger.busName)
    connection.follow(filter) { signal in
      if signal.arguments.count == 3, signal.arguments[1].string != "" { handler() }
    }
  }

  private func call(_ method: MessengerMethod, _ arguments: [Value]) async throws -> [Value] {
    do {
      return try await connection.call(remote, method.rawValue, arguments, deadline: .after(Self.timeout))
    } catch BusError.remote(let name, let message) {
      guard let code = MessengerErrorCode(busName: name) else { throw BusError.remote(name: name, message: message) }
      throw MessengerError(code, message)
    }
  }

  /// Translates the options that bridges use.
  private static func dictionary(_ options: SendOptions) -> Value {
    var entries: [String: Value] = [:]
    for (key, value) in options.fields {
      switch value {
      case .string(let text): entries[key.rawValue] = .string(text)
      case .uint32(let number): entries[key.rawValue] = .uint32(number)
      default: preconditionFailure("no bridge sends the option \(key.rawValue)")
      }
    }
    return .dictionary(entries)
  }
}
