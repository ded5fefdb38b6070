package import GBus
package import MessengerContract

/// Calls msgd, which the bus starts if it doesn't run.
@MainLoop
package struct MessageService {
  /// How long msgd may take. A desktop may take five seconds until it shows a popup, and its bus is found before.
  private static let timeout: Duration = .seconds(30)

  private let connection: Connection
  private let remote = Remote(
    destination: Messenger.busName, path: Messenger.objectPath, interface: Messenger.interface)

  /// Makes a proxy of the msgd on a system bus.
  package init(connection: Connection) { self.connection = connection }

  /// Sends a message.
  ///
  /// - Parameters:
  ///   - message: the message.
  ///   - answered: called with its id before any later change of it is reported.
  /// - Returns: its id, and what became of it so far.
  /// - Throws: `MessengerError`, or `BusError` if msgd doesn't answer.
  @discardableResult
  package func send(
    _ message: DesktopMessage, answered: @escaping @MainLoop (UInt64, [Delivery]) -> Void = { _, _ in }
  ) async throws -> (id: UInt64, deliveries: [Delivery]) {
    let options = Value(fields: message.options)
    let answer = try await call(
      .send, [.strings(message.recipients), .string(message.body), options]
    ) { answer in
      if let id = answer.arguments.first?.uint64 { answered(id, Delivery.list(answer.arguments.last)) }
    }
    guard let id = answer.first?.uint64 else { throw BusError.local("msgd answered Send without an id") }
    return (id, Delivery.list(answer.last))
  }

  /// Changes what a message says.
  ///
  /// - Throws: as ``send(_:)``.
  package func update(_ id: UInt64, to message: DesktopMessage) async throws {
    var options = SendOptions()
    (options.title, options.icon) = (message.options.title, message.options.icon)
    _ = try await call(.update, [.uint64(id), .string(message.body), Value(fields: options)])
  }

  /// Takes a message back. One that msgd doesn't know any more counts as taken back.
  ///
  /// - Throws: as ``send(_:)``.
  package func withdraw(_ id: UInt64) async throws {
    do {
      _ = try await call(.withdraw, [.uint64(id)])
    } catch let error as MessengerError where error.code == .noSuchMessage {}
  }

  /// Asks what became of a message.
  ///
  /// - Throws: as ``send(_:)``; `NoSuchMessage` if msgd doesn't know it any more.
  package func deliveries(of id: UInt64) async throws -> [Delivery] {
    Delivery.list(try await call(.getDeliveries, [.uint64(id)]).first)
  }

  /// Lists the sessions of users.
  ///
  /// - Throws: as ``send(_:)``.
  package func sessions() async throws -> [Session] { Session.list(try await call(.listSessions, []).first) }

  /// Calls `handler` with each change of this connection's messages.
  package func followChanges(_ handler: @escaping @MainLoop (UInt64, [Delivery]) -> Void) {
    let filter = SignalFilter(
      sender: Messenger.busName, path: Messenger.objectPath, interface: Messenger.interface,
      member: MessengerSignal.deliveriesChanged.rawValue)
    connection.follow(filter) { signal in
      guard let id = signal.arguments.first?.uint64 else { return }
      handler(id, Delivery.list(signal.arguments.last))
    }
  }

  /// Calls `handler` when msgd has left the bus.
  package func followDepartures(_ handler: @escaping @MainLoop () -> Void) {
    let filter = SignalFilter(
      sender: Remote.bus.destination, interface: Remote.bus.interface, member: "NameOwnerChanged",
      argument0: Messenger.busName)
    connection.follow(filter) { signal in
      if signal.arguments.count == 3, signal.arguments[1].string != "" { handler() }
    }
  }

  private func call(
    _ method: MessengerMethod, _ arguments: [Value], answered: @escaping @MainLoop (Answer) -> Void = { _ in }
  ) async throws -> [Value] {
    do {
      return try await connection.call(
        remote, method.rawValue, arguments, deadline: .after(Self.timeout), answered: answered)
    } catch BusError.remote(let name, let message) {
      guard let code = MessengerErrorCode(busName: name) else { throw BusError.remote(name: name, message: message) }
      throw MessengerError(code, message)
    }
  }
}
