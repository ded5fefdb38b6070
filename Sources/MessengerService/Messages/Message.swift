internal import GBus
internal import MessengerContract

/// A message that was sent, and its deliveries.
@MainLoop
final class Message {
  /// What `Send` returned.
  let id: UInt64
  /// Who sent it.
  let sender: Caller
  /// What the popups say; without the body once every delivery is final.
  private(set) var content: PopupContent
  /// The calls that raise its popups; likewise.
  let notifyCalls = NotifyCalls()
  /// How it stands at each session, and the recipients that stand for none.
  private(set) var deliveries: [Delivery]
  /// Called with each delivery that changed.
  var onChange: (@MainLoop (Delivery) -> Void)?
  /// Whether its sender is there to be told of it.
  var senderPresence = SenderPresence.present
  /// Whether it was taken back.
  private(set) var isWithdrawn = false

  /// How far a message can be: how far each of its deliveries is.
  enum Milestone {
    /// There is something to tell of it.
    case settled
    /// It is final.
    case final
  }

  /// Whether the sender of a message is still on the bus.
  enum SenderPresence {
    /// As far as is known.
    case present
    /// The sender's process has ended, and the bus is asked whether the connection has: another process may have it.
    case doubtful
    /// The connection has ended.
    case gone
  }

  /// What ends when all of some sessions have.
  private struct End {
    let sessions: Set<String>
    let call: @MainLoop (PopupVerdict.Event) -> Void
  }

  private let sent = Deadline.now
  private var disturbs: Task<Bool, any Error>?
  /// Where the delivery to a session is. Every change asks, and a message may be for thousands.
  private let places: [String: Int]
  /// Why deliveries are where they are, by their places.
  private var reasons: [Int: DeliveryReason] = [:]
  private var unsettled: Int
  private var unfinished: Int
  private var ends: [End] = []
  private var endsOfSession: [String: [Int]] = [:]
  private var waiters: [(milestone: Milestone, continuation: CheckedContinuation<Void, Never>)] = []

  init(id: UInt64, sender: Caller, content: PopupContent, deliveries: [Delivery]) {
    self.id = id
    self.sender = sender
    self.content = content
    self.deliveries = deliveries
    places = Dictionary(
      deliveries.indices.filter { !deliveries[$0].sessionID.isEmpty }.map { (deliveries[$0].sessionID, $0) },
      uniquingKeysWith: { first, _ in first })
    unsettled = deliveries.count { !$0.isSettled }
    unfinished = deliveries.count { !$0.state.isFinal }
  }

  /// Whether every delivery is final.
  var isFinal: Bool { unfinished == 0 }

  /// Waits until every delivery is so far.
  func wait(until milestone: Milestone) async {
    guard !hasReached(milestone) else { return }
    await withCheckedContinuation { waiters.append((milestone, $0)) }
  }

  /// Puts the deliveries to some sessions into a state; those that are final stay.
  func enter(_ state: DeliveryState, at sessions: Set<String>, reply: String? = nil, reason: DeliveryReason? = nil) {
    let elapsed = (.now - sent).seconds
    for place in sessions.compactMap({ places[$0] }).sorted() {
      let before = deliveries[place]
      guard deliveries[place].enter(state, reply: reply, error: reason?.error, elapsed: elapsed) else { continue }
      reasons[place] = reason
      count(from: before, to: deliveries[place])
      onChange?(deliveries[place])
      if deliveries[place].state.isFinal { closeDeserted(by: before.sessionID) }
    }
    if isFinal {
      content.body = ""
      notifyCalls.forget()
      (ends, endsOfSession, reasons) = ([], [:], [:])
    }
    resumeWaiters()
  }

  /// Takes in what has to end when the message is taken back or all of some sessions end: a popup, or the wait for its
  /// turn. What happened while it was on its way counts for it too.
  func onEnd(of sessions: Set<String>, _ end: @escaping @MainLoop (PopupVerdict.Event) -> Void) {
    if isWithdrawn { end(.withdrawn) }
    guard isOpen(at: sessions) else { return end(.sessionsEnded) }
    for session in sessions { endsOfSession[session, default: []].append(ends.count) }
    ends.append(End(sessions: sessions, call: end))
  }

  /// Whether it is shown to others who don't want to be disturbed; asked once, when the first of them is there.
  func mayDisturb(_ ask: @escaping @MainLoop (Caller) async -> Bool) async -> Bool {
    let question = disturbs ?? MainLoop.task { [sender] in await ask(sender) }
    disturbs = question
    return (try? await question.value) ?? false
  }

  /// Takes the message back: popups that stand are closed, those on their way as soon as they appear.
  func withdraw() {
    isWithdrawn = true
    for end in ends { end.call(.withdrawn) }
  }

  /// Takes note of a session's end.
  func sessionEnded(_ id: String) { enter(.sessionClosed, at: [id]) }

  /// Some sessions have the popup behind their locked screens. Who unlocks one sees it.
  func hide(at sessions: Set<String>) { enter(.pending, at: sessions, reason: .locked) }

  /// Takes note of a screen that is not locked any more.
  func sessionUnlocked(_ id: String) {
    if let place = places[id], reasons[place] == .locked { enter(.shown, at: [id]) }
  }

  /// The popup's time is over: for those who never unlocked their screens it was not shown.
  func expire(at sessions: Set<String>) {
    let hidden = sessions.filter { id in places[id].map { reasons[$0] == .locked } ?? false }
    enter(.suppressed, at: hidden, reason: .lockedThroughout)
    enter(.expired, at: sessions)
  }

  /// Whether a delivery to one of some sessions isn't final.
  func isOpen(at sessions: Set<String>) -> Bool {
    sessions.contains { id in places[id].map { !deliveries[$0].state.isFinal } ?? false }
  }

  /// Closes the popups for which no session is left now that this one has ended.
  private func closeDeserted(by session: String) {
    for index in endsOfSession[session] ?? [] where !isOpen(at: ends[index].sessions) {
      ends[index].call(.sessionsEnded)
    }
  }

  private func count(from before: Delivery, to after: Delivery) {
    unsettled += (after.isSettled ? 0 : 1) - (before.isSettled ? 0 : 1)
    unfinished += (after.state.isFinal ? 0 : 1) - (before.state.isFinal ? 0 : 1)
  }

  private func hasReached(_ milestone: Milestone) -> Bool {
    switch milestone {
    case .settled: unsettled == 0
    case .final: unfinished == 0
    }
  }

  private func resumeWaiters() {
    guard waiters.contains(where: { hasReached($0.milestone) }) else { return }
    let met = waiters.filter { hasReached($0.milestone) }
    waiters.removeAll { hasReached($0.milestone) }
    for waiter in met { waiter.continuation.resume() }
  }
}
