internal import GBus

/// The signals of logind (org.freedesktop.login1(5), Signals). They report a session's properties except its `State`.
/// systemd 252 to 257 do not signal `State`, although the introspection data promise it.
@MainLoop
struct LogindSignals {
  /// A signal of logind, or of the bus about logind.
  enum Event {
    case sessionNew(id: String, path: String)
    case sessionRemoved(id: String)
    case userRemoved(uid: UInt32)
    /// A session's properties changed. If the signal doesn't contain their values, they must be asked for.
    case sessionChanged(path: String, properties: [String: Value], isComplete: Bool)
    /// A seat shows another session; the id is empty for none.
    case seatShows(id: String, seatPath: String)
    /// logind's name has another owner; `nil` for none.
    case owner(String?)
  }

  private let connection: Connection
  private let handler: @MainLoop (Event) -> Void

  /// Calls `handler` for each event, until the connection ends.
  ///
  /// - Parameters:
  ///   - connection: the system bus.
  ///   - handler: called with each event.
  static func follow(on connection: Connection, _ handler: @escaping @MainLoop (Event) -> Void) {
    LogindSignals(connection: connection, handler: handler).subscribe()
  }

  private func subscribe() {
    manager("SessionNew") { arguments in
      guard let id = arguments.first?.string, let path = arguments.last?.string else { return nil }
      return .sessionNew(id: id, path: path)
    }
    manager("SessionRemoved") { $0.first?.string.map { .sessionRemoved(id: $0) } }
    manager("UserRemoved") { $0.first?.uint32.map { .userRemoved(uid: $0) } }
    properties(of: Logind.sessionInterface) { .sessionChanged(path: $0, properties: $1, isComplete: $2) }
    properties(of: Logind.seatInterface) { path, properties, _ in
      properties["ActiveSession"]?.members?.first?.string.map { .seatShows(id: $0, seatPath: path) }
    }
    let owner = SignalFilter(
      sender: "org.freedesktop.DBus", interface: "org.freedesktop.DBus", member: "NameOwnerChanged",
      argument0: Logind.busName)
    subscribe(owner) { signal in
      let owner = signal.arguments.last?.string ?? ""
      return .owner(owner.isEmpty ? nil : owner)
    }
  }

  private func manager(_ member: String, _ event: @escaping @MainLoop ([Value]) -> Event?) {
    let filter = SignalFilter(
      sender: Logind.busName, path: Logind.manager.path, interface: Logind.manager.interface, member: member)
    subscribe(filter) { event($0.arguments) }
  }

  private func properties(
    of interface: String, _ event: @escaping @MainLoop (String, [String: Value], Bool) -> Event?
  ) {
    let filter = SignalFilter(
      sender: Logind.busName, interface: "org.freedesktop.DBus.Properties", member: "PropertiesChanged",
      argument0: interface)
    subscribe(filter) { signal in
      guard signal.arguments.count == 3 else { return nil }
      let isComplete = (signal.arguments[2].elements ?? []).isEmpty
      return event(signal.path, signal.arguments[1].dictionary ?? [:], isComplete)
    }
  }

  private func subscribe(_ filter: SignalFilter, _ event: @escaping @MainLoop (Signal) -> Event?) {
    connection.follow(filter) { [handler] signal in event(signal).map(handler) }
  }
}
