internal import GBus
internal import MessengerContract

/// A user's session bus, joined as that user, and the notification server on it.
///
/// Signals count only where they come from the owner of `org.freedesktop.Notifications` and name a popup that it gave us.
@MainLoop
final class SessionBus {
  static let server = Remote(
    destination: "org.freedesktop.Notifications", path: "/org/freedesktop/Notifications",
    interface: "org.freedesktop.Notifications")

  /// A server that answers `Notify` after its deadline is told to take the popup back, for as long as this.
  private static let lateAnswer: Duration = .seconds(60)

  let connection: Connection
  /// What is peculiar to the server, and what it offers, once it was asked.
  var profile: NotificationServerProfile?
  private(set) var capabilities: Set<String> = []
  private var owner: String?
  private let popups = PopupTable()
  private var texts = StandingTexts()
  private var isLeaving = false

  private init(connection: Connection) {
    self.connection = connection
    connection.onClosed = { [weak self] in self?.popups.end(.busClosed) }
    follow()
  }

  /// Joins a user's bus as that user.
  ///
  /// - Throws: `Failed`, with the reason.
  static func join(as user: User, deadline: Deadline) async throws -> SessionBus {
    let socket = try await SessionBusSocket.connect(as: user, deadline: deadline)
    do {
      return SessionBus(connection: try await Connection.join(socket: socket, deadline: deadline))
    } catch BusError.timedOut {
      throw MessengerError(.failed, "the session bus does not answer")
    } catch BusError.closed {
      throw MessengerError(.failed, "the session bus hung up")
    } catch {
      throw MessengerError(.failed, "the session bus let nobody in: \(error)")
    }
  }

  /// Whether the bus has ended.
  var isClosed: Bool { connection.isClosed }

  /// Leaves the bus, once no answer is awaited any more that may tell of a popup to close.
  func leave() {
    isLeaving = true
    if !popups.isExpecting { connection.close() }
  }

  /// Raises a popup.
  ///
  /// - Returns: the popup, which the server took; it may have ended already.
  /// - Throws: `Failed`, with the reason; `BusError`.
  func show(_ content: PopupContent, settling: Duration, deadline: Deadline) async throws -> Popup {
    capabilities = Set(try await ask("GetCapabilities", deadline: deadline).first?.strings ?? [])
    try await learnOwner(deadline: deadline)
    let profile = await learnProfile(deadline: deadline)
    let asked = owner
    let content = texts.enter(content)
    popups.expect()
    let question = notify(content, profile)
    do {
      let id = try await question.value(by: deadline)
      defer { settle() }
      let popup = Popup(id: id, content: content, profile: profile, settling: settling, bus: self)
      guard popup.outcome == nil else {
        forget(popup)
        return popup
      }
      popups.add(popup)
      // Both may have happened while the answer was on its way here, when there was no popup yet to tell.
      if isClosed { popup.handle(.busClosed) } else if owner != asked { popup.handle(.serverLeft) }
      if let reason = await reasonForHiding(popup, deadline: deadline) { popup.handle(.keptBack(reason)) }
      return popup
    } catch BusError.timedOut {
      texts.leave(content)
      takeBack(question)
      throw Self.silence
    } catch {
      texts.leave(content)
      settle()
      throw error
    }
  }

  /// Closes a popup, and returns when the server has answered or the deadline has passed.
  func close(_ popup: Popup, deadline: Deadline) async {
    hide(popup)
    _ = try? await connection.call(Self.server, "CloseNotification", [.uint32(popup.id)], deadline: deadline)
  }

  /// Closes a popup without waiting.
  func post(closing id: UInt32) { connection.post(Self.server, "CloseNotification", [.uint32(id)]) }

  /// Ends the interest in a popup's signals.
  func forget(_ popup: Popup) {
    popups.remove(popup)
    texts.leave(popup.content)
  }

  private func learnOwner(deadline: Deadline) async throws {
    guard owner == nil else { return }
    let name = try await ask("GetNameOwner", [.string(Self.server.destination)], of: .bus, deadline: deadline)
    // The bus's signal may have told something newer meanwhile.
    owner = owner ?? name.first?.string
  }

  /// Calls `Notify`, whose answer is awaited for longer than it counts.
  private func notify(_ content: PopupContent, _ profile: NotificationServerProfile) -> Task<UInt32, any Error> {
    MainLoop.task {
      let deadline = Deadline.after(Self.lateAnswer)
      let answer = try await self.explained { try await self.notify(content, profile: profile, deadline: deadline) }
      guard let id = answer.first?.uint32 else {
        throw MessengerError(.failed, "the notification server answered Notify without an id")
      }
      return id
    }
  }

  /// Closes the popup that an answer tells of which comes too late to count.
  private func takeBack(_ question: Task<UInt32, any Error>) {
    MainLoop.task {
      if let id = try? await question.value { self.post(closing: id) }
      self.settle()
    }
  }

  /// A call of `Notify` is done with.
  private func settle() {
    popups.settle()
    if isLeaving, !popups.isExpecting { connection.close() }
  }

  private static let silence = MessengerError(.failed, "the notification server does not answer")

  private func ask(
    _ method: String, _ arguments: [Value] = [], of remote: Remote = SessionBus.server, deadline: Deadline
  ) async throws -> [Value] {
    try await explained { try await connection.call(remote, method, arguments, deadline: deadline) }
  }

  /// Makes a call, whose errors become what a sender is told.
  private func explained(_ call: @MainLoop () async throws -> [Value]) async throws -> [Value] {
    do {
      return try await call()
    } catch BusError.timedOut {
      throw Self.silence
    } catch BusError.closed {
      throw MessengerError(.failed, "the session bus closed the connection")
    } catch BusError.remote(let name, let message) {
      throw MessengerError(.failed, Self.reason(name, message))
    }
  }

  private static func reason(_ name: String, _ message: String) -> String {
    switch name {
    case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner":
      "there is no notification server on the desktop"
    case "org.freedesktop.DBus.Error.NoReply": "the notification server left without an answer"
    case _ where name.hasPrefix("org.freedesktop.DBus.Error.Spawn."), "org.freedesktop.DBus.Error.TimedOut":
      "the notification server could not be started: \(message)"
    default: "the notification server refused: \(message)"
    }
  }

  private func follow() {
    connection.addMatch("type='signal',sender='\(Self.server.destination)',interface='\(Self.server.interface)'")
    connection.subscribe(SignalFilter(interface: Self.server.interface)) { [weak self] in self?.receive($0) }
    connection.addMatch(
      "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='\(Self.server.destination)'")
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
