internal import GBus
internal import MessengerContract

/// Raises no more popups than a desktop shows: see ``PopupQueue``.
extension PopupDelivery {
  /// How long a closed popup takes to disappear. Plasma may never show a popup that arrives while others slide out.
  private static let closingDelay: Duration = .milliseconds(200)

  /// How long a popup waits before its sender is told.
  private static let noticeDelay: Duration = .milliseconds(300)

  /// The turn of a popup.
  struct Turn {
    let place: PopupQueue.Place
    /// Whether a window shows the message.
    let means: DeliveryMeans
    /// The time by which the popup must have appeared.
    var deadline: Deadline
    /// The rest of the time for which it is to stand; `nil` = until it is answered.
    var stay: Duration?
    /// The rest of the time for which it may wait; `nil` = without limit.
    var waitTimeout: Duration?
    /// Whether it had to wait for its turn.
    var hasWaited = false
    /// Whether it has stood before.
    var isReturn = false
    /// How often the sender had changed the message and its time when its content and ``stay`` were taken.
    var (changes, timeChanges): (Int, Int)
  }

  /// Calls `body` when there is room for the popup, and again after each time that it had to give way. If there is no
  /// room for as long as the message's own timeout, its deliveries become `suppressed`, and `body` is not called any
  /// more.
  ///
  /// - Parameters:
  ///   - message: the message.
  ///   - means: whether a window shows it.
  ///   - desktop: the desktop that shows the popup.
  ///   - sessions: the ids of the sessions that the popup is for.
  ///   - deadline: the time by which the popup must have appeared if it needn't wait.
  ///   - body: shows the popup to its end; returns the popup if it is to be shown again, otherwise `nil`.
  /// - Returns: whether it had its turn. If it had none and a window is to follow, that isn't reported.
  /// - Throws: what `body` throws; `Failed` if the server can't be asked again.
  func takeTurns(
    _ message: Message, by means: DeliveryMeans = .popup, on desktop: Desktop, sessions: Set<String>,
    deadline: Deadline,
    _ body: @MainLoop (Turn) async throws -> Popup?
  ) async throws -> Bool {
    let place = place(for: message, by: means, on: desktop)
    defer { place.leave() }
    message.onEnd(of: sessions) { place.end($0) }
    message.onChangeOfContent(of: sessions) { [weak place] in
      if let place { change(place, to: message, restartsTime: $0, by: means, on: desktop) }
    }
    var turn = Turn(
      place: place, means: means, deadline: deadline, stay: message.content.timeout,
      waitTimeout: message.content.timeout, changes: message.changes, timeChanges: message.timeChanges)
    while turn.stay != .zero {
      if !place.hasTurn {
        guard await wait(for: message, until: &turn, on: desktop, sessions: sessions) else {
          return !message.isOpen(at: sessions)
        }
        turn.hasWaited = true
        try await MainLoop.sleep(until: .after(Self.closingDelay))
      }
      if turn.hasWaited || turn.isReturn {
        turn.deadline = Deadline.after(settings.deliveryTimeout)
        if means == .popup { try await desktop.server.ask(deadline: turn.deadline) }
      }
      takeTime(of: message, into: &turn)
      guard let popup = try await body(turn) else { return true }
      turn.stay = popup.rest
      if turn.timeChanges != message.timeChanges { turn.waitTimeout = message.content.timeout }
      turn.timeChanges = message.timeChanges
      turn.isReturn = true
      if place.isDisplaced {
        message.enter(.pending, at: sessions, reason: .noRoom(showsOne: desktop.server.showsOne, isReturn: true))
      }
      // A window doesn't give way. It keeps its turn when it says something else.
      if means == .window { place.popup = nil } else { place.giveBack() }
    }
    message.expire(at: sessions)
    return true
  }

  private func place(for message: Message, by means: DeliveryMeans, on desktop: Desktop) -> PopupQueue.Place {
    guard means == .popup else { return desktop.windows.place(from: message.sender.uid) }
    return desktop.notifier.place(
      for: content(of: message, on: desktop), from: message.sender.uid, turn: .seconds(Int64(settings.popupTurn)))
  }

  /// Takes the message's time if the sender has set it while the popup waited.
  private func takeTime(of message: Message, into turn: inout Turn) {
    turn.changes = message.changes
    guard turn.timeChanges != message.timeChanges else { return }
    turn.timeChanges = message.timeChanges
    (turn.stay, turn.waitTimeout) = (message.content.timeout, message.content.timeout)
  }

  /// Gives a turn its popup. What the sender has changed while the server raised it is changed now.
  func give(_ popup: Popup, to turn: Turn, of message: Message, on desktop: Desktop) {
    turn.place.popup = popup
    guard turn.changes != message.changes else { return }
    change(
      turn.place, to: message, restartsTime: turn.timeChanges != message.timeChanges, by: turn.means, on: desktop)
  }

  /// Changes a popup, or the time for which it may wait for its turn.
  private func change(
    _ place: PopupQueue.Place, to message: Message, restartsTime: Bool, by means: DeliveryMeans, on desktop: Desktop
  ) {
    let timeout = message.content.timeout
    if let popup = place.popup {
      popup.change(timeout: restartsTime ? .some(timeout) : nil) {
        [weak place] in
        guard means == .popup else { return windowContent(of: message, on: desktop) }
        let content = content(of: message, on: desktop)
        if let place { desktop.notifier.note(content, at: place) }
        return content
      }
    } else if restartsTime, !place.hasTurn {
      place.giveUp(at: timeout.map { .now + $0 })
    }
  }

  /// Waits for the popup's turn; returns whether it came.
  private func wait(
    for message: Message, until turn: inout Turn, on desktop: Desktop, sessions: Set<String>
  ) async -> Bool {
    let isWindow = turn.means == .window
    let reason: DeliveryReason =
      isWindow ? .otherWindow : .noRoom(showsOne: desktop.server.showsOne, isReturn: turn.isReturn)
    let notice = MainLoop.task { [place = turn.place] in
      // While other popups are only disappearing, there is nothing to tell yet.
      repeat { try await MainLoop.sleep(until: .after(Self.noticeDelay)) } while place.isNext
      message.enter(.pending, at: sessions, reason: reason)
    }
    defer { notice.cancel() }
    let beginning = Deadline.now
    if turn.place.ending == nil, await turn.place.turn(by: turn.waitTimeout.map { beginning + $0 }) {
      turn.waitTimeout = turn.waitTimeout.map { max(.zero, $0 - (.now - beginning)) }
      return true
    }
    if message.isWithdrawn {
      message.enter(.withdrawn, at: sessions)
    } else {
      guard isWindow || message.content.windowUse != .fallback else { return false }
      let showsOne = desktop.server.showsOne
      message.enter(
        .suppressed, at: sessions,
        reason: isWindow ? .otherWindowThroughout : .noRoomThroughout(showsOne: showsOne, isReturn: turn.isReturn))
    }
    return false
  }
}
