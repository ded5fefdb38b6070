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
  /// How it stands at each session, and the recipients that stand for none.
  private(set) var deliveries: [Delivery]
  /// Called with each delivery that changed.
  var onChange: (@MainLoop (Delivery) -> Void)?
  /// Whether it was taken back.
  private(set) var isWithdrawn = false

  private let sent = Deadline.now
  private var ends: [(sessions: Set<String>, end: @MainLoop (PopupVerdict.Event) -> Void)] = []
  private var waiters: [(isMet: @MainLoop (Delivery) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []

  init(id: UInt64, sender: Caller, content: PopupContent, deliveries: [Delivery]) {
    self.id = id
    self.sender = sender
    self.content = content
    self.deliveries = deliveries
  }

  /// Whether every delivery is final.
  var isFinal: Bool { deliveries.allSatisfy(\.state.isFinal) }

  /// Waits until every delivery meets a condition.
  func wait(until isMet: @escaping @MainLoop (Delivery) -> Bool) async {
    guard !deliveries.allSatisfy(isMet) else { return }
    await withCheckedContinuation { waiters.append((isMet, $0)) }
  }

  /// Puts the deliveries to some sessions into a state; those that are final stay.
  func enter(_ state: DeliveryState, at sessions: Set<String>, reply: String? = nil, error: MessengerError? = nil) {
    let elapsed = (.now - sent).seconds
    for index in deliveries.indices where sessions.contains(deliveries[index].sessionID) {
      if deliveries[index].enter(state, reply: reply, error: error, elapsed: elapsed) { onChange?(deliveries[index]) }
    }
    if isFinal {
      content.body = ""
      closeDeserted()
    }
    resumeWaiters()
  }

  /// Takes in what has to end when the message is taken back or all of some sessions end: a popup, or the wait for its turn.
  /// What happened while it was on its way counts for it too.
  func onEnd(of sessions: Set<String>, _ end: @escaping @MainLoop (PopupVerdict.Event) -> Void) {
    ends.append((sessions, end))
    if isWithdrawn { end(.withdrawn) }
    closeDeserted()
  }

  /// Takes the message back: popups that stand are closed, those on their way as soon as they appear.
  func withdraw() {
    isWithdrawn = true
    for (_, end) in ends { end(.withdrawn) }
  }

  /// Takes note of a session's end.
  func sessionEnded(_ id: String) {
    enter(.sessionClosed, at: [id])
    closeDeserted()
  }

  /// Some sessions have the popup behind their locked screens. Who unlocks one sees it.
  func hide(at sessions: Set<String>) { enter(.pending, at: sessions, error: Self.locked) }

  /// Takes note of a screen that is not locked any more.
  func sessionUnlocked(_ id: String) {
    if deliveries.contains(where: { $0.sessionID == id && $0.error == Self.locked }) { enter(.shown, at: [id]) }
  }

  /// The popup's time is over: for those who never unlocked their screens it was not shown.
  func expire(at sessions: Set<String>) {
    let hidden = deliveries.filter { $0.state == .pending && $0.error == Self.locked }.map(\.sessionID)
    enter(.suppressed, at: sessions.intersection(hidden), error: Self.lockedAllTheWhile)
    enter(.expired, at: sessions)
  }

  private static let locked = MessengerError(.failed, "the screen is locked")
  private static let lockedAllTheWhile = MessengerError(.failed, "the screen was locked all the while")

  /// Closes the popups for which no session is left, and keeps nothing of them when that is so for all: a message is remembered
  /// for longer than its text.
  private func closeDeserted() {
    for (sessions, end) in ends {
      let open = deliveries.contains { sessions.contains($0.sessionID) && !$0.state.isFinal }
      if !open { end(.sessionsEnded) }
    }
    if isFinal { ends = [] }
  }

  private func resumeWaiters() {
    let met = waiters.filter { deliveries.allSatisfy($0.isMet) }
    waiters.removeAll { deliveries.allSatisfy($0.isMet) }
    for waiter in met { waiter.continuation.resume() }
  }
}
