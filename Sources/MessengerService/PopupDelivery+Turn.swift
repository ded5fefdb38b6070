internal import GBus
internal import MessengerContract

/// What it takes to raise no more popups than a desktop shows: see ``PopupQueue``.
extension PopupDelivery {
  /// How long a popup takes to go away that has been closed: what Plasma gets while others slide out, it may never show.
  private static let parting: Duration = .milliseconds(200)

  /// How long such a wait may be before it is worth telling.
  private static let moment: Duration = .milliseconds(300)

  /// Calls `body` when there is room for the popup, with a deadline for its appearance, which is another one after a wait, and
  /// with what to call when the popup is gone earlier than `body` ends. Where there is no room for as long as the message's own
  /// time, its fate is told, and `body` is not called.
  ///
  /// - Throws: what `body` throws; `Failed`, where the server can't be asked once more.
  func takeTurn(
    _ message: Message, saying content: PopupContent, on bus: SessionBus, sessions: Set<String>, deadline: Deadline,
    _ body: @MainLoop (_ deadline: Deadline, _ gone: @escaping @MainLoop () -> Void) async throws -> Void
  ) async throws {
    guard let profile = bus.profile, let room = profile.room else { return try await body(deadline, {}) }
    let text = content.abridged(for: profile, capabilities: bus.capabilities).body
    let place = bus.queue.enter(for: text, in: room)
    defer { place.leave() }
    if place.hasTurn { return try await body(deadline, place.leave) }
    guard await wait(for: message, at: place, in: room, sessions: sessions) else { return }
    try await MainLoop.sleep(until: .after(Self.parting))
    let deadline = Deadline.after(settings.deliveryPatience)
    try await bus.askServer(deadline: deadline)
    try await body(deadline, place.leave)
  }

  /// Waits until few enough other popups stand.
  private func wait(
    for message: Message, at place: PopupQueue.Place, in room: PopupQueue.Room, sessions: Set<String>
  ) async -> Bool {
    let one = room.popups == 1
    let limit = one ? "the desktop shows one popup at a time" : "the desktop has no room for so many popups"
    let wait = MessengerError(.failed, "\(limit), and \(one ? "another one stands" : "others stand")")
    let notice = Timer(at: .after(Self.moment)) { message.enter(.pending, at: sessions, error: wait) }
    defer { notice.cancel() }
    message.onEnd(of: sessions) { _ in place.leave() }
    if await place.turn(by: message.content.timeout.map { .now + $0 }) { return true }
    let crowded = MessengerError(.failed, "\(limit), and others stood all the while")
    message.enter(
      message.isWithdrawn ? .withdrawn : .suppressed, at: sessions, error: message.isWithdrawn ? nil : crowded)
    return false
  }
}
