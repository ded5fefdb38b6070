internal import GBus
internal import MessengerContract

/// The notification server on a session bus. Nothing else calls its `Notify` and `CloseNotification`.
///
/// Signals count only if they come from the owner of `org.freedesktop.Notifications` and name a popup that msgd raised.
@MainLoop
final class NotificationServer {
  nonisolated static let remote = Remote(
    destination: "org.freedesktop.Notifications", path: "/org/freedesktop/Notifications",
    interface: "org.freedesktop.Notifications")

  /// The unique name of the server, if it is known.
  private(set) var owner: String?
  /// The server's peculiarities, if they are known.
  private(set) var quirks: NotificationServerQuirks?
  /// Opens windows for the whole of long texts; `nil` if nothing can.
  var windows: (any PopupWindowOpener)?
  /// Called when an answer has come that might have named a popup to close.
  var onSettled: (@MainLoop () -> Void)?

  private let connection: Connection
  /// The server's capabilities, as it last reported them.
  private var capabilities: Set<String> = []
  private let popups = PopupTable()
  /// The popups that wait for their turn, if the server shows only some at a time.
  private let queue = PopupQueue()
  /// The texts of the popups that stand or are being raised.
  private var texts = UniqueTexts()
  /// How many answers are awaited after their deadline.
  private var lateAnswers = 0

  /// How long an answer to `Notify` is awaited after its deadline, so that the popup can be closed.
  private static let lateAnswerTimeout: Duration = .seconds(60)
  /// How many such answers are awaited at once.
  private static let mostLateAnswers = 64
  /// How long the server may take to answer a question about itself. Without an answer it is treated like any other
  /// server.
  private static let questionTimeout: Duration = .seconds(1)
  /// How long the bus may take to say whether there is a server, when none has answered.
  private static let ownerTimeout: Duration = .milliseconds(200)

  private static let getCapabilities = PreparedCall(known: remote, "GetCapabilities")
  private static let getServerInformation = PreparedCall(known: remote, "GetServerInformation")

  /// Listens to the server on a bus.
  ///
  /// - Parameter connection: the connection to the bus, which need not have been joined yet.
  init(on connection: Connection) {
    self.connection = connection
    follow()
  }

  // MARK: What the server is

  /// Whether an answer is awaited that may name a popup to close.
  var isExpecting: Bool { popups.isExpecting }

  /// Whether the server shows one popup at a time.
  var showsOne: Bool { quirks?.room?.popups == 1 }

  /// See ``NotificationServerQuirks/lock``.
  var lock: NotificationServerQuirks.Lock? { quirks?.lock }

  /// Whether the server may take a popup and hide it without telling.
  func mayHide(_ content: PopupContent, onX11 isX11: Bool) -> Bool {
    switch quirks?.hides {
    case nil: false
    case .any: true
    case .anyButCritical: content.urgency != .critical
    case .anyOnX11: isX11
    }
  }

  /// Asks for the server's identity and capabilities, unless they are known. If no server runs, the bus starts one.
  ///
  /// - Throws: `Failed`, with the reason; `BusError`.
  func ask(deadline: Deadline) async throws {
    if owner != nil, let quirks, !quirks.changesCapabilities { return }
    let information = quirks == nil ? connection.ask(Self.getServerInformation) : nil
    let answer = try await explained {
      try await connection.call(Self.getCapabilities, deadline: deadline) { answer in
        // Stored before the bus can report another owner. If an owner is known already, the bus reported it later, and
        // it counts.
        self.owner = self.owner ?? answer.sender
      }
    }
    capabilities = Set(answer.first?.strings ?? [])
    if let information { await learnQuirks(information, deadline: deadline) }
  }

  private func learnQuirks(_ information: Connection.Question, deadline: Deadline) async {
    let answer = try? await information.answer(by: min(deadline, .after(Self.questionTimeout)))
    let texts = (answer ?? []).compactMap(\.string)
    if texts.count == 4 { quirks = .of(server: texts[0], vendor: texts[1], version: texts[2]) }
  }

  /// Whether a server runs, as opposed to one that would have to be started.
  ///
  /// - Throws: `BusError`.
  func isRunning(deadline: Deadline) async throws -> Bool {
    guard owner == nil else { return true }
    do {
      let name = [Value.string(Self.remote.destination)]
      _ = try await connection.call(.bus, "GetNameOwner", name, deadline: deadline) { answer in
        self.owner = self.owner ?? answer.arguments.first?.string
      }
      return true
    } catch BusError.remote {
      return false
    }
  }

  /// Whether the server reports that it is set to "do not disturb".
  func isQuiet(deadline: Deadline) async -> Bool {
    guard case .settings(let settings, _)? = quirks?.quiet else { return false }
    let deadline = min(deadline, .after(Self.questionTimeout))
    for setting in settings where await read(setting, deadline: deadline) == .boolean(true) { return true }
    return false
  }

  private func read(_ setting: DesktopSetting, deadline: Deadline) async -> Value? {
    let remote = Remote(destination: setting.destination, path: setting.path, interface: setting.interface)
    let answer = try? await connection.call(
      remote, setting.method, setting.arguments.map(Value.string),
      deadline: deadline)
    if case .variant(let value)? = answer?.first { return value }
    return answer?.first
  }

  // MARK: Popups

  /// Adds a popup to those that wait for their turn.
  ///
  /// - Parameters:
  ///   - content: what the popup says.
  ///   - sender: the sender's uid.
  ///   - turn: how long a popup stands before it gives way to another sender's.
  /// - Returns: the popup's place. It has its turn at once if the server is not known to lack room.
  func place(for content: PopupContent, from sender: UInt32, turn: Duration) -> PopupQueue.Place {
    guard let quirks, let room = quirks.room else { return .free() }
    let text = content.abridged(for: quirks, capabilities: capabilities).body
    return queue.enter(for: text, from: sender, in: room, turn: turn)
  }

  /// Raises a popup, after ``ask(deadline:)``.
  ///
  /// - Parameters:
  ///   - content: what the popup says.
  ///   - calls: the `Notify` calls of its message.
  ///   - settlingDelay: a popup that is closed within this time was not seen.
  ///   - deadline: the time by which the server must answer.
  /// - Returns: the popup, which the server accepted; it may have ended already.
  /// - Throws: `Failed`, with the reason; `BusError`.
  func show(_ content: PopupContent, by calls: NotifyCalls = NotifyCalls(), settlingDelay: Duration, deadline: Deadline)
    async throws -> Popup
  {
    let quirks = quirks ?? .standard
    let asked = owner
    if quirks.keepsWhatIsClosed, let reason = await reasonForKeepingBack(content, deadline: deadline) {
      return Popup(keptBack: content, reason: reason, host: self)
    }
    let content = texts.enter(content.abridged(for: quirks, capabilities: capabilities))
    popups.expect()
    let question = notify(content, by: calls, quirks)
    do {
      let popup = try await take(question, content, settlingDelay: settlingDelay, asked: asked, deadline: deadline)
      settle()
      return popup
    } catch BusError.timedOut {
      texts.leave(content)
      takeBack(question)
      throw await silence()
    } catch {
      texts.leave(content)
      settle()
      throw error
    }
  }

  /// Waits for a popup's id, and adds the popup to the table under it.
  private func take(
    _ question: Task<UInt32, any Error>, _ content: PopupContent, settlingDelay: Duration, asked: String?,
    deadline: Deadline
  ) async throws -> Popup {
    let beginning = Deadline.now
    let id = try await question.value(by: deadline)
    let popup = Popup(
      id: id, content: content, quirks: quirks ?? .standard, settlingDelay: settlingDelay, delay: .now - beginning,
      host: self)
    guard popup.outcome == nil else {
      forget(popup)
      return popup
    }
    guard popups.add(popup) else {
      throw MessengerError(.failed, "the notification server gave the popup an id that another one has")
    }
    // Both may have happened while the answer was on its way, before there was a popup to receive the event.
    if connection.ending != nil { busEnded() } else if owner != asked { popup.handle(.serverLeft) }
    return popup
  }

  /// Calls `Notify`. The answer is awaited beyond the deadline by which it counts.
  private func notify(
    _ content: PopupContent, by calls: NotifyCalls, _ quirks: NotificationServerQuirks
  ) -> Task<UInt32, any Error> {
    MainLoop.task {
      let answer = try await self.explained {
        // Stored before any later signal is handled, so that the user's reaction counts from here on.
        try await self.callNotify(content, by: calls, quirks, deadline: .after(Self.lateAnswerTimeout)) { answer in
          if let id = answer.arguments.first?.uint32 { self.popups.give(id) }
        }
      }
      guard let id = answer.first?.uint32 else {
        throw MessengerError(.failed, "the notification server answered Notify without an id")
      }
      return id
    }
  }

  /// Calls `Notify`. If the server refuses the popup as too similar to the last one, calls again with an invisible
  /// character added.
  private func callNotify(
    _ content: PopupContent, by calls: NotifyCalls, _ quirks: NotificationServerQuirks, deadline: Deadline,
    answered: @escaping @MainLoop (Answer) -> Void
  ) async throws -> [Value] {
    func call(_ content: PopupContent) async throws -> [Value] {
      let call = try calls.call(content, capabilities: capabilities, quirks: quirks)
      return try await connection.call(call, deadline: deadline, answered: answered)
    }
    do {
      return try await call(content)
    } catch BusError.remote(NotificationServerError.tooSimilar, _) {
      return try await call(UniqueTexts.varied(content))
    }
  }

  /// Closes the popup that a late answer names.
  private func takeBack(_ question: Task<UInt32, any Error>) {
    if lateAnswers >= Self.mostLateAnswers { question.cancel() }
    lateAnswers += 1
    MainLoop.task {
      if let id = try? await question.value { self.post(closing: id) }
      self.lateAnswers -= 1
      self.settle()
    }
  }

  /// Notes that a call of `Notify` is finished.
  private func settle() {
    popups.settle()
    onSettled?()
  }

  /// Asks whether the server shows a popup that it accepted, and reports to the popup if it doesn't. A missing answer
  /// proves nothing.
  func askWhetherShown(_ popup: Popup) async {
    guard popup.outcome == nil else { return }
    if let reason = await reasonForHiding(popup) { popup.handle(.keptBack(reason)) }
  }

  private func reasonForHiding(_ popup: Popup) async -> String? {
    guard let quirks else { return nil }
    if quirks.listsLowUrgency, popup.content.urgency == .low { return "the desktop shows no popups of low urgency" }
    if quirks.quiet == .replacing { return await replaces(popup) ? nil : NotificationServerError.quiet }
    return await reasonForKeepingBack(popup.content)
  }

  /// Returns why the server's settings would make it accept a popup and not show it; `nil` if they wouldn't.
  private func reasonForKeepingBack(_ content: PopupContent, deadline: Deadline = .never) async -> String? {
    if case .settings(_, showsCritical: true)? = quirks?.quiet, content.urgency == .critical { return nil }
    return await isQuiet(deadline: deadline) ? NotificationServerError.quiet : nil
  }

  /// Raises the popup again in its own place. If the popup doesn't stand, a server that now shows it gives it another
  /// id, and that popup is closed.
  private func replaces(_ popup: Popup) async -> Bool {
    guard let id = await raiseAgain(popup), id != popup.id else { return true }
    post(closing: id)
    return false
  }

  /// Raises the popup again, replacing itself.
  ///
  /// - Returns: the id that the server gave; `nil` without an answer.
  private func raiseAgain(_ popup: Popup) async -> UInt32? {
    let arguments = popup.content.notifyArguments(
      capabilities: capabilities, quirks: quirks ?? .standard, replacing: popup.id)
    let answer = try? await connection.call(
      Self.remote, "Notify", arguments, deadline: .after(Self.questionTimeout))
    return answer?.first?.uint32
  }

  /// Closes a popup that an earlier msgd raised, if this is still the server that showed it. Returns when the server
  /// has answered or the deadline has passed.
  func close(leftBehind popup: PopupRecord, deadline: Deadline) async {
    guard (try? await isRunning(deadline: deadline)) == true, popup.server == owner else { return }
    _ = try? await connection.call(Self.remote, "CloseNotification", [.uint32(popup.id)], deadline: deadline)
  }

  // MARK: Signals

  /// Ends all popups, because the bus has ended.
  func busEnded() {
    if case .ended(let act) = connection.ending {
      popups.end(.busBroke("the session bus \(Quotation(act))"))
    } else {
      popups.end(.busClosed)
    }
  }

  private static let signals = match(
    "type='signal',sender='\(remote.destination)',interface='\(remote.interface)'")
  private static let ownerChanges = match(
    "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='\(remote.destination)'")

  private static func match(_ rule: String) -> PreparedCall { PreparedCall(known: .bus, "AddMatch", [.string(rule)]) }

  private func follow() {
    // One rule covers both signals, because each rule takes a call.
    connection.post(Self.signals)
    connection.subscribe(SignalFilter(interface: Self.remote.interface)) { [weak self] in self?.receive($0) }
    connection.post(Self.ownerChanges)
    let ownership = SignalFilter(
      interface: Remote.bus.interface, member: "NameOwnerChanged", argument0: Self.remote.destination)
    connection.subscribe(ownership) { [weak self] signal in
      if signal.sender == Remote.bus.destination { self?.ownerChanged(to: signal.arguments.last?.string ?? "") }
    }
  }

  private func ownerChanged(to newOwner: String) {
    if owner != nil, owner != newOwner { popups.end(.serverLeft) }
    owner = newOwner.isEmpty ? nil : newOwner
    quirks = nil
  }

  private func receive(_ signal: Signal) {
    guard signal.sender == owner, let id = signal.arguments.first?.uint32 else { return }
    switch (signal.member, signal.arguments.last) {
    case ("ActionInvoked", .string(let key)): popups.dispatch(.action(key), to: id)
    case ("NotificationClosed", .uint32(let reason)): popups.dispatch(.closed(reason), to: id)
    default: break
    }
  }

  // MARK: Errors

  /// Makes a call, and translates its errors into those that senders get.
  private func explained(_ call: @MainLoop () async throws -> [Value]) async throws -> [Value] {
    do {
      return try await call()
    } catch BusError.timedOut {
      throw await silence()
    } catch let error as BusError {
      throw NotificationServerError.explanation(of: error) ?? error
    }
  }

  /// Returns the error for a missing answer. The server that should answer may be one that is to be started and doesn't
  /// come up.
  private func silence() async -> any Error {
    if connection.isFlooded { return MessengerError(.failed, "the session bus sends too much") }
    let isRunning = try? await isRunning(deadline: .after(Self.ownerTimeout))
    return NotificationServerError.silence(isRunning: isRunning != false)
  }
}

extension NotificationServer: PopupHost {
  func close(_ popup: Popup, deadline: Deadline, done: @escaping @MainLoop () -> Void) {
    hide(popup)
    connection.request(Self.remote, "CloseNotification", [.uint32(popup.id)], deadline: deadline, done: done)
  }

  func post(closing id: UInt32) { connection.post(Self.remote, "CloseNotification", [.uint32(id)]) }

  func hide(_ popup: Popup) {
    guard let quirks, quirks.leavesClosedPopups else { return }
    connection.post(
      Self.remote, "Notify",
      popup.content.notifyArguments(capabilities: [], quirks: quirks, replacing: popup.id, for: .milliseconds(1))
    )
  }

  func renew(_ popup: Popup) {
    MainLoop.task {
      _ = await self.raiseAgain(popup)
      // The popup has been closed meanwhile, and this call has raised it again.
      if popup.outcome != nil { self.post(closing: popup.id) }
    }
  }

  func forget(_ popup: Popup) {
    popups.remove(popup)
    texts.leave(popup.content)
  }

  func replace(
    _ popup: Popup, by whole: WholeText, closesBy: Deadline?, onEnd: @escaping @MainLoop (PopupVerdict.Event) -> Void
  ) -> (any PopupWindow)? {
    // Some servers leave the popup standing after a button.
    post(closing: popup.id)
    popups.detach(popup)
    if let windows { return windows.open(whole, closesBy: closesBy, onEnd: onEnd) }
    onEnd(.windowFailed("there is no service manager of the user's"))
    return nil
  }
}
