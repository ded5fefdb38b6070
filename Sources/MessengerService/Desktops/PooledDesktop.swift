internal import GBus

/// A desktop of a ``DesktopPool``: its bus is joined, or is being joined.
@MainLoop
final class PooledDesktop {
  let uid: UInt32
  let address: BusAddress
  private(set) var joining: Task<Desktop, any Error>?
  private(set) var desktop: Desktop?
  /// How many use it.
  var users = 0
  /// Whether it didn't do for somebody. It isn't kept, then.
  var hasFailed = false
  /// Until when it is kept though nobody uses it.
  var idleUntil: Deadline?
  /// Sessions whose desktops are on it, by their ids.
  var findings: [String: DesktopFinder.Finding] = [:]

  init(uid: UInt32, address: BusAddress) {
    self.uid = uid
    self.address = address
  }

  /// Whether a notification server is known to be on it. Nothing is kept of a bus that sent more than it may.
  var knowsServer: Bool {
    desktop.map { !$0.bus.isClosed && $0.notifications.owner != nil && !$0.bus.isFlooded } ?? false
  }

  /// Joins the bus; `ended` is called when that fails, or the bus ends.
  func join(
    as user: User, through helper: ConnectHelper, deadline: Deadline, ended: @escaping @MainLoop () -> Void
  ) {
    joining = MainLoop.task {
      do {
        let desktop = try await Desktop.join(as: user, at: self.address, through: helper, deadline: deadline)
        desktop.onEnded = ended
        self.desktop = desktop
        return desktop
      } catch {
        ended()
        throw error
      }
    }
  }
}
