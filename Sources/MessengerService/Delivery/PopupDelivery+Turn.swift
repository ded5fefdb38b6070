internal import GBus
internal import MessengerContract

/// What it takes to raise no more popups than a desktop shows: see ``PopupQueue``.
extension PopupDelivery {
  /// How long a popup takes to go away that has been closed: what Plasma gets while others slide out, it may never
  /// show.
  private static let closingDelay: Duration = .milliseconds(200)

  /// How long such a wait may be before it is worth telling.
  private static let noticeDelay: Duration = .milliseconds(300)

  /// A popup's turn.
  struct Turn {
    let place: PopupQueue.Place
    /// When the popup has to have appeared.
    var deadline: Deadline
    /// What is left of the time that it is to stand; `nil` = until it is answered.
    var stay: Duration?
    /// What is left of the time that it may wait; likewise.
    var waitTimeout: Duration?
    /// Whether it did not come at once.
    var hasWaited = false
    /// Whether it has stood before.
    var isReturn = false
  }

  /// Calls `body` when there is room for the popup, and again after it had to give way. Where there is no room for as
  /// long as the message's own time, its fate is told, and `body` is not called any more.
  ///
  /// - Parameters:
  ///   - message: what is shown.
  ///   - content: what the popup says.
  ///   - desktop: where.
  ///   - sessions: those that it is for.
  ///   - deadline: when the popup has to have appeared, if it needn't wait.
  ///   - body: shows the popup to its end; returns how long it stood where it had to give way, and else `nil`.
  /// - Throws: what `body` throws; `Failed`, where the server can't be asked once more.
  func takeTurns(
    _ message: Message, saying content: PopupContent, on desktop: Desktop, sessions: Set<String>, deadline: Deadline,
    _ body: @MainLoop (Turn) async throws -> Duration?
  ) async throws {
    let place = place(for: message, saying: content, on: desktop)
    defer { place.leave() }
    message.onEnd(of: sessions) { place.end($0) }
    var turn = Turn(
      place: place, deadline: deadline, stay: message.content.timeout, waitTimeout: message.content.timeout)
    while turn.stay != .zero {
      if !place.hasTurn {
        guard await wait(for: message, until: &turn, on: desktop, sessions: sessions) else { return }
        turn.hasWaited = true
        try await MainLoop.sleep(until: .after(Self.closingDelay))
        turn.deadline = Deadline.after(settings.deliveryTimeout)
        try await desktop.notifications.ask(deadline: turn.deadline)
      }
      guard let stood = try await body(turn) else { return }
      turn.stay = turn.stay.map { max(.zero, $0 - stood) }
      turn.isReturn = true
      message.enter(.pending, at: sessions, reason: .noRoom(showsOne: desktop.notifications.showsOne, isReturn: true))
      place.giveBack()
    }
    message.expire(at: sessions)
  }

  private func place(for message: Message, saying content: PopupContent, on desktop: Desktop) -> PopupQueue.Place {
    desktop.notifications.place(
      for: content, from: message.sender.uid, turn: .seconds(Int64(settings.popupTurn)))
  }

  /// Waits until it is the popup's turn.
  private func wait(
    for message: Message, until turn: inout Turn, on desktop: Desktop, sessions: Set<String>
  ) async -> Bool {
    let showsOne = desktop.notifications.showsOne
    let notice = MainLoop.task { [place = turn.place, isReturn = turn.isReturn] in
      // Where others are just going, there is nothing to tell yet.
      repeat { try await MainLoop.sleep(until: .after(Self.noticeDelay)) } while place.isNext
      message.enter(.pending, at: sessions, reason: .noRoom(showsOne: showsOne, isReturn: isReturn))
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
      message.enter(
        .suppressed, at: sessions, reason: .noRoomThroughout(showsOne: showsOne, isReturn: turn.isReturn))
    }
    return false
  }
}
