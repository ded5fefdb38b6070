internal import GBus

/// A bus of a ``SessionBusPool``: one that is joined, or is being joined.
@MainLoop
final class SessionBusMember {
  let uid: UInt32
  let address: BusAddress
  private(set) var joining: Task<SessionBus, any Error>?
  private(set) var bus: SessionBus?
  /// How many use it.
  var users = 0
  /// Whether it didn't do for somebody. It isn't kept, then.
  var hasFailed = false
  /// Until when it is kept though nobody uses it.
  var idleUntil: Deadline?
  /// Sessions whose desktops are on it, by their ids.
  var findings: [String: SessionBusFinder.Finding] = [:]

  init(uid: UInt32, address: BusAddress) {
    self.uid = uid
    self.address = address
  }

  /// Whether a notification server is known to be on it. Nothing is kept of a bus that sent more than it may.
  var knowsServer: Bool {
    bus.map { !$0.isClosed && $0.owner != nil && !$0.connection.isFlooded } ?? false
  }

  /// Joins the bus; `ended` is called when that fails, or the bus ends.
  func join(
    as user: User, through helper: ConnectHelper, deadline: Deadline, ended: @escaping @MainLoop () -> Void
  ) {
    joining = MainLoop.task {
      do {
        let bus = try await SessionBus.joinWithEnvironment(
          as: user, at: self.address, through: helper, deadline: deadline)
        bus.onEnded = ended
        self.bus = bus
        return bus
      } catch {
        ended()
        throw error
      }
    }
  }
}
