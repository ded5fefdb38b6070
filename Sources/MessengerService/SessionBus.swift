internal import GBus
internal import MessengerContract

/// A session bus of a user's, joined as that user, and the notification server on it.
///
/// Signals count only where they come from the owner of `org.freedesktop.Notifications` and name a popup that it gave
/// us.
@MainLoop
final class SessionBus {
  static let server = Remote(
    destination: "org.freedesktop.Notifications", path: "/org/freedesktop/Notifications",
    interface: "org.freedesktop.Notifications")

  let connection: Connection
  let popups = PopupTable()
  /// Where popups wait for their turn, if the server shows one at a time.
  let queue = PopupQueue()
  /// The texts of the popups that stand or are on their way.
  var texts = StandingTexts()
  /// The unique name of the notification server, once it is known.
  var owner: String?
  /// What is peculiar to the notification server, once it is known.
  var profile: NotificationServerProfile?
  /// What it offers, as it said when it was last asked.
  var capabilities: Set<String> = []
  /// Where the bus listens.
  let address: BusAddress
  /// What the user's service manager told of the session, or its programs, where no service manager is on this bus.
  var environment = SessionEnvironment([])
  /// When it was last asked.
  var environmentAsked = Deadline.now
  /// Whether the user's service manager is on this bus.
  var hasManager = false
  /// The bus by which the user's service manager is to be reached where it isn't on this one, while a message needs it.
  var managerBus: SessionBus?
  /// Popups on other buses whose windows this one's service manager has opened.
  var guests: [Popup] = []
  /// The bus's own id; `nil` where it has none.
  let busID: String?
  /// How many answers are awaited that come too late to count.
  var late = 0
  /// Called when the bus ends by itself.
  var onEnded: (@MainLoop () -> Void)?
  private var onLeft: (@MainLoop () -> Void)?

  /// Signals: `ActionInvoked`, `NotificationClosed`, `NameOwnerChanged`. Answers: to `CloseNotification`,
  /// `GetNameOwner` (and errors), `Notify`, `GetCapabilities`, `GetServerInformation`, `Get` of the environment and of
  /// do not disturb, `Eval`. Of windows: `JobRemoved`, `StartTransientUnit`.
  private static let admission = Connection.Admission(
    signals: ["us", "uu", "sss", "uoss"], answers: ["", "s", "u", "as", "ssss", "v as", "v b", "b", "o"])

  private init(connection: Connection, address: BusAddress, busID: String?) {
    self.connection = connection
    self.address = address
    self.busID = busID
    connection.onClosed = { [weak self] in self?.ended() }
    follow()
  }

  /// Joins a bus of a user's as that user.
  ///
  /// - Throws: `Failed`, with the reason.
  static func join(
    as user: User, at address: BusAddress, through helper: ConnectHelper, deadline: Deadline
  ) async throws -> SessionBus {
    let bus = try await connect(as: user, to: address, through: helper, deadline: deadline)
    try await bus.join(deadline: deadline)
    return bus
  }

  /// Connects to a bus of a user's as that user. What is asked of it now goes out with the first words, before
  /// ``join(deadline:)``.
  ///
  /// - Throws: `Failed`, with the reason.
  static func connect(
    as user: User, to address: BusAddress, through helper: ConnectHelper, deadline: Deadline
  ) async throws -> SessionBus {
    let (socket, id) = try await SessionBusSocket.connect(
      as: user, to: address, through: helper, deadline: deadline)
    let connection = Connection(socket: socket, admitting: admission)
    return SessionBus(connection: connection, address: address, busID: id)
  }

  /// Waits until the bus has let us in.
  ///
  /// - Throws: `Failed`, with the reason.
  func join(deadline: Deadline) async throws {
    do {
      try await connection.join(deadline: deadline)
    } catch BusError.timedOut {
      throw MessengerError(.failed, "the session bus does not answer")
    } catch BusError.closed {
      throw MessengerError(.failed, "the session bus hung up")
    } catch BusError.ended(let act) {
      throw MessengerError(.failed, "the session bus \(Quotation(act))")
    } catch BusError.remote(_, let message) {
      throw MessengerError(.failed, "the session bus let nobody in: \(Quotation(message))")
    } catch {
      throw MessengerError(.failed, "the session bus let nobody in: \(error)")
    }
  }

  /// Whether the bus has ended.
  var isClosed: Bool { connection.isClosed }

  /// Leaves the bus, once no answer is awaited any more that may tell of a popup to close; `left` is called then.
  func leave(_ left: @escaping @MainLoop () -> Void = {}) {
    onLeft = left
    leaveWhenDone()
  }

  /// Takes ``leave(_:)`` back, if the bus isn't left yet.
  func stay() { onLeft = nil }

  private func leaveWhenDone() {
    guard let onLeft, !popups.isExpecting else { return }
    self.onLeft = nil
    connection.close()
    onLeft()
  }

  /// Closes a popup, and calls `done` when the server has answered or the deadline has passed.
  func close(_ popup: Popup, deadline: Deadline, done: @escaping @MainLoop () -> Void) {
    hide(popup)
    connection.request(Self.server, "CloseNotification", [.uint32(popup.id)], deadline: deadline, done: done)
  }

  /// Closes a popup without waiting.
  func post(closing id: UInt32) { connection.post(Self.server, "CloseNotification", [.uint32(id)]) }

  /// Ends the interest in a popup's signals.
  func forget(_ popup: Popup) {
    popups.remove(popup)
    texts.leave(popup.content)
    managerBus?.guests.removeAll { $0 === popup }
  }

  /// A call of `Notify` is done with.
  func settle() {
    popups.settle()
    leaveWhenDone()
  }

  /// The bus has ended, and so do all popups.
  func ended() {
    if case .ended(let act) = connection.ending {
      popups.end(.busBroke("the session bus \(Quotation(act))"))
    } else {
      popups.end(.busClosed)
    }
    for popup in guests { popup.handle(.windowFailed("the user's service manager left")) }
    onEnded?()
  }

  private static let ofServer = match(
    "type='signal',sender='\(server.destination)',interface='\(server.interface)'")
  private static let ofOwnership = match(
    "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='\(server.destination)'")

  private static func match(_ rule: String) -> PreparedCall { PreparedCall(known: .bus, "AddMatch", [.string(rule)]) }

  private func follow() {
    // One rule for both signals: each is a call.
    connection.post(Self.ofServer)
    connection.subscribe(SignalFilter(interface: Self.server.interface)) { [weak self] in self?.receive($0) }
    connection.post(Self.ofOwnership)
    let ownership = SignalFilter(
      interface: Remote.bus.interface, member: "NameOwnerChanged", argument0: Self.server.destination)
    connection.subscribe(ownership) { [weak self] signal in
      if signal.sender == Remote.bus.destination { self?.ownerChanged(to: signal.arguments.last?.string ?? "") }
    }
  }

  private func ownerChanged(to newOwner: String) {
    if owner != nil, owner != newOwner { popups.end(.serverLeft) }
    owner = newOwner.isEmpty ? nil : newOwner
    profile = nil
  }

  private func receive(_ signal: Signal) {
    guard signal.sender == owner, let id = signal.arguments.first?.uint32 else { return }
    switch (signal.member, signal.arguments.last) {
    case ("ActionInvoked", .string(let key)): popups.dispatch(.action(key), to: id)
    case ("NotificationClosed", .uint32(let reason)): popups.dispatch(.closed(reason), to: id)
    default: break
    }
  }
}
