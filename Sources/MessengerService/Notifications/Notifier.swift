internal import GBus
internal import MessengerContract

/// Raises popups on a notification server, and closes them. Nothing else calls the server's `Notify` and
/// `CloseNotification`.
///
/// Signals count only if they come from the owner of `org.freedesktop.Notifications` and name a popup that msgd raised.
@MainLoop
final class Notifier {
  /// Opens windows for the whole of long texts; `nil` if nothing can.
  var windows: (any PopupWindowOpener)?
  /// Called when an answer has come that might have named a popup to close.
  var onSettled: (@MainLoop () -> Void)?

  let connection: Connection
  let server: NotificationServer
  let popups = PopupTable()
  /// The popups that wait for their turn, if the server shows only some at a time.
  private let queue = PopupQueue()
  /// The texts of the popups that stand or are being raised.
  var texts = UniqueTexts()
  /// The popup that holds several messages, if the server shows one at a time.
  private weak var combined: CombinedPopup?
  /// How many answers are awaited after their deadline.
  private var lateAnswers = 0

  /// How long an answer to `Notify` is awaited after its deadline, so that the popup can be closed.
  static let lateAnswerTimeout: Duration = .seconds(60)
  /// How many such answers are awaited at once.
  private static let mostLateAnswers = 64

  static let remote = Remote.notifications
  // One rule covers both signals, because each rule takes a call.
  private static let signalRule = "type='signal',sender='\(remote.destination)',interface='\(remote.interface)'"
  private static let followSignals = PreparedCall(known: .bus, "AddMatch", [.string(signalRule)])

  /// Listens to a server's signals.
  ///
  /// - Parameters:
  ///   - connection: the connection to the server's bus, which need not have been joined yet.
  ///   - server: the server.
  init(on connection: Connection, of server: NotificationServer) {
    self.connection = connection
    self.server = server
    server.onLeft = { [weak self] in self?.popups.end(.serverLeft) }
    connection.post(Self.followSignals)
    connection.subscribe(SignalFilter(interface: Self.remote.interface)) { [weak self] in self?.receive($0) }
  }

  /// Whether an answer is awaited that may name a popup to close.
  var isExpecting: Bool { popups.isExpecting }

  /// Adds a popup to those that wait for their turn.
  ///
  /// - Parameters:
  ///   - content: what the popup says.
  ///   - sender: the sender's uid.
  ///   - turn: how long a popup stands before it gives way to another sender's.
  /// - Returns: the popup's place. It has its turn at once if the server is not known to lack room.
  func place(for content: PopupContent, from sender: UInt32, turn: Duration) -> PopupQueue.Place {
    guard let room = server.quirks.room else { return .free() }
    let parts = content.isCombinable ? server.quirks.partsInOne : nil
    return queue.enter(for: text(of: content), from: sender, in: room, turn: turn, parts: parts)
  }

  /// Notes that a popup in the queue, or its wait for a turn, is about another text now.
  func note(_ content: PopupContent, at place: PopupQueue.Place) { place.resize(for: text(of: content)) }

  private func text(of content: PopupContent) -> String {
    content.fitted(to: server.quirks, capabilities: server.capabilities).body
  }

  /// Shows a message when it has its turn: in a popup of its own, or as a part of the combined one.
  ///
  /// - Parameters:
  ///   - content: what the message says.
  ///   - number: its number in the order of sending.
  ///   - place: its place in the queue.
  ///   - calls: the `Notify` calls of the message.
  ///   - settlingDelay: a popup that is closed within this time was not seen.
  ///   - deadline: the time by which the server must answer.
  /// - Returns: the message's popup; it may have ended already.
  /// - Throws: `Failed`, with the reason; `BusError`.
  func show(
    _ content: PopupContent, of number: UInt64, at place: PopupQueue.Place, by calls: NotifyCalls,
    settlingDelay: Duration, deadline: Deadline
  ) async throws -> Popup {
    guard place.isPart else {
      return try await show(content, by: calls, settlingDelay: settlingDelay, deadline: deadline)
    }
    let origin = CombinedPopup.Origin(
      number: number, isRoot: place.sender == 0, calls: calls, settlingDelay: settlingDelay)
    while true {
      if let popup = try await openCombined().show(content, origin, deadline: deadline) { return popup }
    }
  }

  /// Returns the combined popup that takes further messages.
  private func openCombined() -> CombinedPopup {
    if let combined, combined.isOpen { return combined }
    let new = CombinedPopup(on: self)
    combined = new
    return new
  }

  /// Raises a popup, after ``NotificationServer/ask(deadline:)``.
  ///
  /// - Parameters:
  ///   - content: what the popup says.
  ///   - calls: the `Notify` calls of its message.
  ///   - settlingDelay: a popup that is closed within this time was not seen.
  ///   - deadline: the time by which the server must answer.
  ///   - prepare: called with the popup as soon as the server has accepted it, before any event reaches it.
  /// - Returns: the popup, which the server accepted; it may have ended already.
  /// - Throws: `Failed`, with the reason; `BusError`.
  func show(
    _ content: PopupContent, by calls: NotifyCalls = NotifyCalls(), settlingDelay: Duration, deadline: Deadline,
    prepare: @MainLoop (Popup) -> Void = { _ in }
  ) async throws -> Popup {
    let quirks = server.quirks
    let asked = server.owner
    if quirks.keepsWhatIsClosed, let reason = await server.reasonForKeepingBack(content, deadline: deadline) {
      return Popup(keptBack: content, reason: reason, host: self)
    }
    let content = texts.enter(content.fitted(to: quirks, capabilities: server.capabilities))
    popups.expect()
    let question = notify(content, by: calls, quirks)
    do {
      let popup = try await take(
        question, content, settlingDelay: settlingDelay, asked: asked, deadline: deadline, prepare: prepare)
      settle()
      return popup
    } catch BusError.timedOut {
      texts.leave(content)
      takeBack(question)
      throw await server.silence()
    } catch {
      texts.leave(content)
      settle()
      throw error
    }
  }

  /// Waits for a popup's id, and adds the popup to the table under it.
  private func take(
    _ question: Task<UInt32, any Error>, _ content: PopupContent, settlingDelay: Duration, asked: String?,
    deadline: Deadline, prepare: @MainLoop (Popup) -> Void
  ) async throws -> Popup {
    let beginning = Deadline.now
    let id = try await question.value(by: deadline)
    let popup = Popup(
      id: id, content: content, quirks: server.quirks, settlingDelay: settlingDelay, delay: .now - beginning,
      host: self)
    guard popup.outcome == nil else {
      forget(popup)
      return popup
    }
    guard popups.add(popup, first: prepare) else {
      throw MessengerError(.failed, "the notification server gave the popup an id that another one has")
    }
    // Both may have happened while the answer was on its way, before there was a popup to receive the event.
    if connection.ending != nil { busEnded() } else if server.owner != asked { popup.handle(.serverLeft) }
    return popup
  }

  /// Calls `Notify`. The answer is awaited beyond the deadline by which it counts.
  private func notify(
    _ content: PopupContent, by calls: NotifyCalls, _ quirks: NotificationServerQuirks
  ) -> Task<UInt32, any Error> {
    MainLoop.task {
      let answer = try await self.server.explained {
        // Stored before any later signal is handled, so that the user's reaction counts from here on.
        try await Self.insist(on: content) { content in
          let call = try calls.call(content, capabilities: self.server.capabilities, quirks: quirks)
          return try await self.connection.call(call, deadline: .after(Self.lateAnswerTimeout)) { answer in
            if let id = answer.arguments.first?.uint32 { self.popups.give(id) }
          }
        }
      }
      guard let id = answer.first?.uint32 else {
        throw MessengerError(.failed, "the notification server answered Notify without an id")
      }
      return id
    }
  }

  /// Calls `Notify` with a content. If the server refuses the popup as too similar to the last one, calls again with an
  /// invisible character added.
  private static func insist(
    on content: PopupContent, _ call: @MainLoop (PopupContent) async throws -> [Value]
  ) async throws -> [Value] {
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
    if let reason = await reasonForHiding(popup) { return popup.handle(.keptBack(reason)) }
    guard popup.outcome == nil, let delay = server.quirks.closesUnseenWithin, popup.standing.timeout != nil else {
      return
    }
    try? await MainLoop.sleep(until: .after(delay))
  }

  private func reasonForHiding(_ popup: Popup) async -> String? {
    let quirks = server.quirks
    if quirks.listsLowUrgency, popup.standing.urgency == .low { return "the desktop shows no popups of low urgency" }
    if quirks.quiet == .replacing { return await replaces(popup) ? nil : NotificationServerError.quiet }
    return await server.reasonForKeepingBack(popup.standing)
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
  func raiseAgain(
    _ popup: Popup, within timeout: Duration = NotificationServer.questionTimeout
  ) async -> UInt32? {
    let revision = popup.revision
    let answer = try? await Self.insist(on: popup.content) { content in
      let arguments = content.notifyArguments(
        capabilities: server.capabilities, quirks: server.quirks, replacing: popup.id)
      return try await connection.call(Self.remote, "Notify", arguments, deadline: .after(timeout)) { answer in
        // Confirmed before any later signal is handled, so that the user's reaction is known to be about this.
        if answer.arguments.first?.uint32 == popup.id { popup.confirm(revision) }
      }
    }
    return answer?.first?.uint32
  }

  /// Closes a popup that an earlier msgd raised, if this is still the server that showed it. Returns when the server
  /// has answered or the deadline has passed.
  func close(leftBehind popup: PopupRecord, deadline: Deadline) async {
    guard (try? await server.isRunning(deadline: deadline)) == true, popup.server == server.owner else { return }
    _ = try? await connection.call(Self.remote, "CloseNotification", [.uint32(popup.id)], deadline: deadline)
  }

  // MARK: Signals

  /// Ends all popups, because the bus has ended.
  func busEnded() { popups.end(endOfBus) }

  /// What the end of the bus is to popups and windows on it.
  var endOfBus: PopupVerdict.Event {
    guard case .ended(let act) = connection.ending else { return .busClosed }
    return .busBroke("the session bus \(Quotation(act))")
  }

  private func receive(_ signal: Signal) {
    guard signal.sender == server.owner, let id = signal.arguments.first?.uint32 else { return }
    switch (signal.member, signal.arguments.last) {
    case ("ActionInvoked", .string(let key)): popups.dispatch(.action(key), to: id)
    // No part of the specification: see AnswerForm.fieldAction.
    case ("NotificationReplied", .string(let text)): popups.dispatch(.answered(Answer(text)), to: id)
    case ("ActivationToken", .string(let token)) where WindowContent.isToken(token):
      popups.dispatch(.activationToken(token), to: id)
    case ("NotificationClosed", .uint32(let reason)): popups.dispatch(.closed(reason), to: id)
    default: break
    }
  }
}
