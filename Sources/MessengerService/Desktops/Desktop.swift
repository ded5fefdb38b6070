internal import GBus

/// The parts of a user's desktop that messages need: a session bus, the notification server on it, and the user's
/// service manager.
@MainLoop
final class Desktop {
  /// The user whose desktop it is.
  let user: User
  /// The session bus.
  let bus: SessionBus
  /// The server that shows popups.
  let server: NotificationServer
  /// Raises popups there.
  let notifier: Notifier
  /// Opens windows there instead of popups.
  let windows = MessageWindows()
  /// The programs that lock or blank the screen.
  let screenSavers: ScreenSavers
  /// The user's service manager, if it is on this bus.
  let manager: UserManager
  /// The service manager on another bus, used while a message needs one and this bus has none.
  var managerElsewhere: UserManager? {
    didSet {
      notifier.windows = managerElsewhere ?? manager
      windows.opener = managerElsewhere ?? (manager.isPresent ? manager : nil)
    }
  }
  /// The environment of the desktop's programs, used if no service manager reports it.
  var programs = SessionEnvironment([])
  /// Called when the bus ends the connection.
  var onEnded: (@MainLoop () -> Void)?
  private var onLeft: (@MainLoop () -> Void)?

  private init(of user: User, bus: SessionBus) {
    self.user = user
    self.bus = bus
    server = NotificationServer(on: bus.connection)
    notifier = Notifier(on: bus.connection, of: server)
    screenSavers = ScreenSavers(on: bus.connection)
    manager = UserManager(on: bus)
    notifier.windows = manager
    windows.opener = manager
    notifier.onSettled = { [weak self] in self?.leaveWhenDone() }
    bus.connection.onClosed = { [weak self] in self?.busEnded() }
  }

  /// Joins a user's bus as that user, and asks for the session's environment.
  ///
  /// An environment may be longer than a message that a session bus may send, and such a message ends the connection.
  /// The bus is then joined again, and not asked.
  ///
  /// - Throws: `Failed`, with the reason.
  static func join(
    as user: User, at address: BusAddress, through helper: ConnectHelper, deadline: Deadline
  ) async throws -> Desktop {
    let desktop = Desktop(
      of: user, bus: try await SessionBus.connect(as: user, to: address, through: helper, deadline: deadline))
    let question = desktop.manager.ask()
    try await desktop.bus.join(deadline: deadline)
    await desktop.manager.take(question, deadline: deadline)
    guard desktop.bus.connection.ending != nil else { return desktop }
    let again = Desktop(
      of: user, bus: try await SessionBus.connect(as: user, to: address, through: helper, deadline: deadline))
    try await again.bus.join(deadline: deadline)
    return again
  }

  /// The session's environment.
  var environment: SessionEnvironment { manager.environment ?? programs }

  /// The environment for windows: that of the desktop's programs, if the service manager doesn't know the display.
  var windowEnvironment: SessionEnvironment {
    manager.environment?.hasDisplay == true || !programs.hasDisplay ? environment : programs
  }

  /// Leaves the bus as soon as no answer is awaited that may name a popup to close. Calls `left` then.
  func leave(_ left: @escaping @MainLoop () -> Void = {}) {
    onLeft = left
    leaveWhenDone()
  }

  /// Takes ``leave(_:)`` back, if the bus isn't left yet.
  func stay() { onLeft = nil }

  private func leaveWhenDone() {
    guard let onLeft, !notifier.isExpecting else { return }
    self.onLeft = nil
    bus.close()
    onLeft()
  }

  private func busEnded() {
    notifier.busEnded()
    windows.busEnded(notifier.endOfBus)
    manager.busEnded()
    onEnded?()
  }

  /// Returns what a later msgd needs to know about a popup that stands here.
  ///
  /// - Returns: `nil` if the popup has ended, or the bus has no id.
  func record(of popup: Popup, for message: UInt64, to user: User) -> PopupRecord? {
    if popup.windowUnit != nil { return record(ofWindow: popup, for: message, to: user) }
    guard let busID = bus.id, let owner = server.owner, popup.outcome == nil else { return nil }
    return PopupRecord(message: message, user: user, address: bus.address, bus: busID, server: owner, id: popup.id)
  }

  /// The same for a window in place of a popup.
  func record(ofWindow window: Popup, for message: UInt64, to user: User) -> PopupRecord? {
    (managerElsewhere ?? manager).record(of: window, for: message, to: user)
  }

  /// Closes a popup of an earlier msgd, if this is still the bus and the server that showed it. Returns when the server
  /// has answered or the deadline has passed.
  func close(_ popup: PopupRecord, deadline: Deadline) async {
    guard popup.bus == bus.id else { return }
    if let unit = popup.windowUnit { return await manager.close(windowLeftBehind: unit, deadline: deadline) }
    await notifier.close(leftBehind: popup, deadline: deadline)
  }
}
