internal import GBus
internal import MessengerContract

/// The notification server on a session bus: the only way to its `Notify` and `CloseNotification`.
///
/// Signals count only where they come from the owner of `org.freedesktop.Notifications` and name a popup that it gave
/// us.
@MainLoop
final class NotificationServer {
  nonisolated static let remote = Remote(
    destination: "org.freedesktop.Notifications", path: "/org/freedesktop/Notifications",
    interface: "org.freedesktop.Notifications")

  /// The unique name of the server, once it is known.
  private(set) var owner: String?
  /// What is peculiar to the server, once it is known.
  private(set) var profile: NotificationServerProfile?
  /// What opens windows with the whole of long texts, if anything does.
  var windows: (any PopupWindowOpener)?
  /// Called when an answer has come that might have told of a popup to close.
  var onSettled: (@MainLoop () -> Void)?

  private let connection: Connection
  /// What the server offers, as it said when it was last asked.
  private var capabilities: Set<String> = []
  private let popups = PopupTable()
  /// Where popups wait for their turn, if the server shows only some at a time.
  private let queue = PopupQueue()
  /// The texts of the popups that stand or are on their way.
  private var texts = UniqueTexts()
  /// How many answers are awaited that come too late to count.
  private var lateAnswers = 0

  /// A server that answers `Notify` after its deadline is told to take the popup back, for as long as this.
  private static let lateAnswerTimeout: Duration = .seconds(60)
  /// For how many of them at once.
  private static let mostLateAnswers = 64
  /// How long the server may take to answer a question about itself, without which it is taken for one like any other.
  private static let questionTimeout: Duration = .seconds(1)
  /// How long the bus may take to say whether there is a server that doesn't answer.
  private static let ownerTimeout: Duration = .milliseconds(200)

  private static let getCapabilities = PreparedCall(known: remote, "GetCapabilities")
  private static let getServerInformation = PreparedCall(known: remote, "GetServerInformation")

  /// Listens to the server of a bus.
  ///
  /// - Parameter connection: to the bus, which need not have been joined yet.
  init(on connection: Connection) {
    self.connection = connection
    follow()
  }

  // MARK: What the server is

  /// Whether an answer is awaited that may tell of a popup to close.
  var isExpecting: Bool { popups.isExpecting }

  /// Whether the server shows one popup at a time.
  var showsOne: Bool { profile?.room?.popups == 1 }

  /// Whether the server's popups are behind a locked screen.
  var hidesWhileLocked: Bool { profile?.hidesWhileLocked == true }

  /// Asks who the server is, and what it can do, where that isn't known. It is started where none runs yet.
  ///
  /// - Throws: `Failed`, with the reason; `BusError`.
  func ask(deadline: Deadline) async throws {
    if owner != nil, let profile, !profile.changesCapabilities { return }
    let information = profile == nil ? connection.ask(Self.getServerInformation) : nil
    let answer = try await explained {
      try await connection.call(Self.getCapabilities, deadline: deadline) { answer in
        // Noted before the bus tells of another one. What the bus told since is newer.
        self.owner = self.owner ?? answer.sender
      }
    }
    capabilities = Set(answer.first?.strings ?? [])
    if let information { await learnProfile(information, deadline: deadline) }
  }

  private func learnProfile(_ information: Connection.Question, deadline: Deadline) async {
    let answer = try? await information.answer(by: min(deadline, .after(Self.questionTimeout)))
    let texts = (answer ?? []).compactMap(\.string)
    if texts.count == 4 { profile = .of(server: texts[0], vendor: texts[1]) }
  }

  /// Whether a server runs, rather than one that would have to be started.
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

  /// Whether the server says that it is set to "do not disturb".
  func isQuiet(deadline: Deadline) async -> Bool {
    guard case .setting(let setting, _)? = profile?.quiet else { return false }
    return await read(setting, deadline: min(deadline, .after(Self.questionTimeout))) == .boolean(true)
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

  /// Takes a place among the popups that wait for their turn.
  ///
  /// - Parameters:
  ///   - content: what the popup says.
  ///   - sender: whose uid it is.
  ///   - turn: how long a popup stands before it gives way to another sender's.
  /// - Returns: the place, which has its turn at once on a server that is not known to lack room.
  func place(for content: PopupContent, from sender: UInt32, turn: Duration) -> PopupQueue.Place {
    guard let profile, let room = profile.room else { return .free() }
    let text = content.abridged(for: profile, capabilities: capabilities).body
    return queue.enter(for: text, from: sender, in: room, turn: turn)
  }

  /// Raises a popup, after ``ask(deadline:)``.
  ///
  /// - Parameters:
  ///   - content: what it says.
  ///   - calls: the calls of its message.
  ///   - settlingDelay: a popup that is closed sooner was not seen.
  ///   - deadline: until when the server may answer.
  /// - Returns: the popup, which the server took; it may have ended already.
  /// - Throws: `Failed`, with the reason; `BusError`.
  func show(_ content: PopupContent, by calls: NotifyCalls = NotifyCalls(), settlingDelay: Duration, deadline: Deadline)
    async throws -> Popup
  {
    let profile = profile ?? .standard
    let asked = owner
    if profile.keepsWhatIsClosed, let reason = await reasonForKeepingBack(content, deadline: deadline) {
      return Popup(keptBack: content, reason: reason, host: self)
    }
    let content = texts.enter(content.abridged(for: profile, capabilities: capabilities))
    popups.expect()
    let question = notify(content, by: calls, profile)
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

  /// Waits for the id of a popup, and enters the popup under it.
  private func take(
    _ question: Task<UInt32, any Error>, _ content: PopupContent, settlingDelay: Duration, asked: String?,
    deadline: Deadline
  ) async throws -> Popup {
    let beginning = Deadline.now
    let id = try await question.value(by: deadline)
    let popup = Popup(
      id: id, content: content, profile: profile ?? .standard, settlingDelay: settlingDelay, delay: .now - beginning,
      host: self)
    guard popup.outcome == nil else {
      forget(popup)
      return popup
    }
    guard popups.add(popup) else {
      throw MessengerError(.failed, "the notification server gave the popup an id that another one has")
    }
    // Both may have happened while the answer was on its way here, when there was no popup yet to tell.
    if connection.ending != nil { busEnded() } else if owner != asked { popup.handle(.serverLeft) }
    return popup
  }

  /// Calls `Notify`, whose answer is awaited for longer than it counts.
  private func notify(
    _ content: PopupContent, by calls: NotifyCalls, _ profile: NotificationServerProfile
  ) -> Task<UInt32, any Error> {
    MainLoop.task {
      let answer = try await self.explained {
        // Noted before any signal is that came after it: what the user answers counts from here on.
        try await self.callNotify(content, by: calls, profile, deadline: .after(Self.lateAnswerTimeout)) { answer in
          if let id = answer.arguments.first?.uint32 { self.popups.give(id) }
        }
      }
      guard let id = answer.first?.uint32 else {
        throw MessengerError(.failed, "the notification server answered Notify without an id")
      }
      return id
    }
  }

  /// Calls `Notify`; once more, with something invisible added, where the server finds the popup too much like the last
  /// one.
  private func callNotify(
    _ content: PopupContent, by calls: NotifyCalls, _ profile: NotificationServerProfile, deadline: Deadline,
    answered: @escaping @MainLoop (Answer) -> Void
  ) async throws -> [Value] {
    func call(_ content: PopupContent) async throws -> [Value] {
      let call = try calls.call(content, capabilities: capabilities, profile: profile)
      return try await connection.call(call, deadline: deadline, answered: answered)
    }
    do {
      return try await call(content)
    } catch BusError.remote(NotificationServerError.tooSimilar, _) {
      return try await call(UniqueTexts.varied(content))
    }
  }

  /// Closes the popup that an answer tells of which comes too late to count.
  private func takeBack(_ question: Task<UInt32, any Error>) {
    if lateAnswers >= Self.mostLateAnswers { question.cancel() }
    lateAnswers += 1
    MainLoop.task {
      if let id = try? await question.value { self.post(closing: id) }
      self.lateAnswers -= 1
      self.settle()
    }
  }

  /// A call of `Notify` is done with.
  private func settle() {
    popups.settle()
    onSettled?()
  }

  /// Asks whether the server shows a popup that it took, and tells the popup. A question that isn't answered is no
  /// evidence.
  func askWhetherShown(_ popup: Popup) async {
    guard popup.outcome == nil else { return }
    if let reason = await reasonForHiding(popup) { popup.handle(.keptBack(reason)) }
  }

  private func reasonForHiding(_ popup: Popup) async -> String? {
    guard let profile else { return nil }
    if profile.listsLowUrgency, popup.content.urgency == .low { return "the desktop shows no popups of low urgency" }
    if profile.quiet == .replacing { return await replaces(popup) ? nil : NotificationServerError.quiet }
    return await reasonForKeepingBack(popup.content)
  }

  /// Why the server would take a popup and not show it, by its settings.
  private func reasonForKeepingBack(_ content: PopupContent, deadline: Deadline = .never) async -> String? {
    if case .setting(_, showsCritical: true)? = profile?.quiet, content.urgency == .critical { return nil }
    return await isQuiet(deadline: deadline) ? NotificationServerError.quiet : nil
  }

  /// Raises the popup once more in its own place. Where there is none, a server that shows it after all takes another:
  /// that one is closed.
  private func replaces(_ popup: Popup) async -> Bool {
    guard let id = await raiseAgain(popup), id != popup.id else { return true }
    post(closing: id)
    return false
  }

  /// - Returns: the id that the server gave; `nil` without an answer.
  private func raiseAgain(_ popup: Popup) async -> UInt32? {
    let arguments = popup.content.notifyArguments(
      capabilities: capabilities, profile: profile ?? .standard, replacing: popup.id)
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

  /// The bus has ended, and so have all popups.
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
    // One rule for both signals: each is a call.
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

  // MARK: Errors

  /// Makes a call, whose errors become what a sender is told.
  private func explained(_ call: @MainLoop () async throws -> [Value]) async throws -> [Value] {
    do {
      return try await call()
    } catch BusError.timedOut {
      throw await silence()
    } catch let error as BusError {
      throw NotificationServerError.explanation(of: error) ?? error
    }
  }

  /// Why nobody answers. Nobody does for a server that is to be started and does not come.
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
    guard let profile, profile.leavesClosedPopups else { return }
    connection.post(
      Self.remote, "Notify",
      popup.content.notifyArguments(capabilities: [], profile: profile, replacing: popup.id, for: .milliseconds(1))
    )
  }

  func renew(_ popup: Popup) {
    MainLoop.task {
      _ = await self.raiseAgain(popup)
      // It has been closed meanwhile, and this has raised it again.
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
    // Some servers leave it standing after a button.
    post(closing: popup.id)
    popups.detach(popup)
    if let windows { return windows.open(whole, closesBy: closesBy, onEnd: onEnd) }
    onEnd(.windowFailed("there is no service manager of the user's"))
    return nil
  }
}
