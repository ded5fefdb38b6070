internal import GBus

/// A user's desktop, as far as messages need it: a session bus, the notification server on it, and the user's service
/// manager.
@MainLoop
final class Desktop {
  /// The bus.
  let bus: SessionBus
  /// What shows popups.
  let notifications: NotificationServer
  /// The user's service manager, if it is on this bus.
  let manager: UserManager
  /// The service manager that is to be used where none is on this bus, while a message needs one.
  var managerElsewhere: UserManager? { didSet { notifications.windows = managerElsewhere ?? manager } }
  /// What the desktop's programs have in their environment, where no service manager tells it.
  var programs = SessionEnvironment([])
  /// Called when the bus ends by itself.
  var onEnded: (@MainLoop () -> Void)?
  private var onLeft: (@MainLoop () -> Void)?

  private init(bus: SessionBus) {
    self.bus = bus
    notifications = NotificationServer(on: bus.connection)
    manager = UserManager(on: bus.connection)
    notifications.windows = manager
    notifications.onSettled = { [weak self] in self?.leaveWhenDone() }
    bus.connection.onClosed = { [weak self] in self?.busEnded() }
  }

  /// Joins a user's bus as that user, and asks for the session's environment.
  ///
  /// An environment may be longer than a message that a session bus may send, which ends the connection: then it is
  /// joined again, and not asked.
  ///
  /// - Throws: `Failed`, with the reason.
  static func join(
    as user: User, at address: BusAddress, through helper: ConnectHelper, deadline: Deadline
  ) async throws -> Desktop {
    let desktop = Desktop(
      bus: try await SessionBus.connect(as: user, to: address, through: helper, deadline: deadline))
    let question = desktop.manager.ask()
    try await desktop.bus.join(deadline: deadline)
    await desktop.manager.take(question, deadline: deadline)
    guard desktop.bus.connection.ending != nil else { return desktop }
    let again = Desktop(bus: try await SessionBus.connect(as: user, to: address, through: helper, deadline: deadline))
    try await again.bus.join(deadline: deadline)
    return again
  }

  /// The session's environment.
  var environment: SessionEnvironment { manager.environment ?? programs }

  /// Leaves the bus, once no answer is awaited any more that may tell of a popup to close; `left` is called then.
  func leave(_ left: @escaping @MainLoop () -> Void = {}) {
    onLeft = left
    leaveWhenDone()
  }

  /// Takes ``leave(_:)`` back, if the bus isn't left yet.
  func stay() { onLeft = nil }

  private func leaveWhenDone() {
    guard let onLeft, !notifications.isExpecting else { return }
    self.onLeft = nil
    bus.close()
    onLeft()
  }

  private func busEnded() {
    notifications.busEnded()
    manager.busEnded()
    onEnded?()
  }

  /// What another msgd has to know of a popup that stands here.
  ///
  /// - Returns: `nil` where the popup has ended, or the bus has no id.
  func record(of popup: Popup, for message: UInt64, to user: User) -> PopupRecord? {
    guard let busID = bus.id, let owner = notifications.owner, popup.outcome == nil else { return nil }
    return PopupRecord(message: message, user: user, address: bus.address, bus: busID, server: owner, id: popup.id)
  }

  /// Closes a popup of another msgd, if this is still the bus and the server that it was shown by. Returns when the
  /// server has answered or the deadline has passed.
  func close(_ popup: PopupRecord, deadline: Deadline) async {
    guard popup.bus == bus.id else { return }
    await notifications.close(leftBehind: popup, deadline: deadline)
  }
}
