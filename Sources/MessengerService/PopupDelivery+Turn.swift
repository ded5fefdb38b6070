internal import GBus
internal import MessengerContract

/// What it takes to raise no more popups than a desktop shows: see ``PopupQueue``.
extension PopupDelivery {
  /// How long a popup takes to go away that has been closed: what Plasma gets while others slide out, it may never
  /// show.
  private static let parting: Duration = .milliseconds(200)

  /// How long such a wait may be before it is worth telling.
  private static let moment: Duration = .milliseconds(300)

  /// A popup's turn.
  struct Turn {
    let place: PopupQueue.Place
    /// When the popup has to have appeared.
    var deadline: Deadline
    /// What is left of the time that it is to stand; `nil` = until it is answered.
    var stay: Duration?
    /// What is left of the time that it may wait; likewise.
    var patience: Duration?
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
  ///   - bus: the desktop's.
  ///   - sessions: those that it is for.
  ///   - deadline: when the popup has to have appeared, if it needn't wait.
  ///   - body: shows the popup to its end; returns how long it stood where it had to give way, and else `nil`.
  /// - Throws: what `body` throws; `Failed`, where the server can't be asked once more.
  func takeTurns(
    _ message: Message, saying content: PopupContent, on bus: SessionBus, sessions: Set<String>, deadline: Deadline,
    _ body: @MainLoop (Turn) async throws -> Duration?
  ) async throws {
    let place = place(for: message, saying: content, on: bus)
    defer { place.leave() }
    message.onEnd(of: sessions) { place.end($0) }
    var turn = Turn(
      place: place, deadline: deadline, stay: message.content.timeout, patience: message.content.timeout)
    while turn.stay != .zero {
      if !place.hasTurn {
        guard await wait(for: message, until: &turn, on: bus, sessions: sessions) else { return }
        turn.hasWaited = true
        try await MainLoop.sleep(until: .after(Self.parting))
        turn.deadline = Deadline.after(settings.deliveryPatience)
        try await bus.askServer(deadline: turn.deadline)
      }
      guard let stood = try await body(turn) else { return }
      turn.stay = turn.stay.map { max(.zero, $0 - stood) }
      turn.isReturn = true
      message.enter(.pending, at: sessions, error: Self.wait(on: bus, isReturn: true))
      place.giveBack()
    }
    message.expire(at: sessions)
  }

  private func place(for message: Message, saying content: PopupContent, on bus: SessionBus) -> PopupQueue.Place {
    guard let profile = bus.profile, let room = profile.room else { return .free() }
    let text = content.abridged(for: profile, capabilities: bus.capabilities).body
    return bus.queue.enter(
      for: text, from: message.sender.uid, in: room, turn: .seconds(Int64(settings.popupTurn)))
  }

  /// Waits until it is the popup's turn.
  private func wait(
    for message: Message, until turn: inout Turn, on bus: SessionBus, sessions: Set<String>
  ) async -> Bool {
    let reason = Self.wait(on: bus, isReturn: turn.isReturn)
    let notice = MainLoop.task { [place = turn.place] in
      // Where others are just going, there is nothing to tell yet.
      repeat { try await MainLoop.sleep(until: .after(Self.moment)) } while place.isNext
      message.enter(.pending, at: sessions, error: reason)
    }
    defer { notice.cancel() }
    let beginning = Deadline.now
    if turn.place.ending == nil, await turn.place.turn(by: turn.patience.map { beginning + $0 }) {
      turn.patience = turn.patience.map { max(.zero, $0 - (.now - beginning)) }
      return true
    }
    if message.isWithdrawn {
      message.enter(.withdrawn, at: sessions)
    } else {
      message.enter(.suppressed, at: sessions, error: Self.waitedInVain(on: bus, isReturn: turn.isReturn))
    }
    return false
  }

  private static func wait(on bus: SessionBus, isReturn: Bool) -> MessengerError {
    let one = bus.showsOne
    let others = one ? "another one" : "others"
    let act = isReturn ? "took its place" : one ? "stands" : "stand"
    return MessengerError(.failed, "\(limit(of: bus)), and \(others) \(act)")
  }

  private static func waitedInVain(on bus: SessionBus, isReturn: Bool) -> MessengerError {
    MessengerError(.failed, "\(limit(of: bus)), and others \(isReturn ? "took its place" : "stood all the while")")
  }

  private static func limit(of bus: SessionBus) -> String {
    bus.showsOne ? "the desktop shows one popup at a time" : "the desktop has no room for so many popups"
  }
}

extension SessionBus {
  fileprivate var showsOne: Bool { profile?.room?.popups == 1 }
}
