internal import GBus

/// A desktop of a ``DesktopPool``, whose bus is joined or being joined.
@MainLoop
final class PooledDesktop {
  let uid: UInt32
  let address: BusAddress
  private(set) var joining: SharedTask<Desktop>?
  private(set) var desktop: Desktop?
  /// How many deliveries use it.
  var users = 0
  /// Whether it failed in use. It isn't kept then.
  var hasFailed = false
  /// The time until which it is kept while unused.
  var idleUntil: Deadline?
  /// The sessions whose desktops are on it, by their ids.
  var findings: [String: DesktopFinder.Finding] = [:]

  init(uid: UInt32, address: BusAddress) {
    self.uid = uid
    self.address = address
  }

  /// Whether it is known to have a notification server. A bus that sent more than it may is not kept.
  var knowsServer: Bool {
    desktop.map { !$0.bus.isClosed && $0.server.owner != nil && !$0.bus.isFlooded } ?? false
  }

  /// Joins the bus. `ended` is called if that fails, or when the bus ends.
  func join(
    as user: User, through helper: ConnectHelper, deadline: Deadline, ended: @escaping @MainLoop () -> Void
  ) {
    joining = SharedTask {
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
