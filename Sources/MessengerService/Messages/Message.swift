internal import GBus
internal import MessengerContract

/// A sent message, and its deliveries.
@MainLoop
final class Message {
  /// The id that `Send` returned.
  let id: UInt64
  /// The sender.
  let sender: Caller
  /// What the popups say. The body is empty once every delivery is final.
  private(set) var content: PopupContent
  /// The calls that raise its popups. They too are forgotten once every delivery is final.
  let notifyCalls = NotifyCalls()
  /// The deliveries to its sessions, and a failed one for each recipient that stands for no session.
  private(set) var deliveries: [Delivery]
  /// Called with each delivery that has changed.
  var onChange: (@MainLoop (Delivery) -> Void)?
  /// Whether the sender is still there to receive reports.
  var senderPresence = SenderPresence.present
  /// Whether it is withdrawn, by its sender or by the service, which ends.
  private(set) var isWithdrawn = false
  /// Whether the sender has withdrawn it, and not only the service, which ends.
  private(set) var isTakenBack = false
  /// How often the sender has changed what the popups say, and how often the popups' time.
  private(set) var (changes, timeChanges) = (0, 0)

  /// A point that a message reaches when each of its deliveries has reached it.
  enum Milestone {
    /// There is something to report about it.
    case settled
    /// It is final.
    case final
    /// It is final or put off: nothing of it is on a desktop, or on its way there.
    case atRest
  }

  /// Whether the sender of a message is still on the bus.
  enum SenderPresence {
    /// The sender is on the bus, as far as is known.
    case present
    /// The sender's process has ended, and the bus is asked whether the connection has too, because another process may
    /// have it.
    case doubtful
    /// The connection has ended.
    case gone
  }

  private let sent: Deadline
  private var disturbs: Task<Bool, any Error>?
  /// The index of the delivery to each session. Every change looks it up, and a message may go to thousands of
  /// sessions.
  private let places: [String: Int]
  /// The reasons for the deliveries' states, by index.
  private var reasons: [Int: DeliveryReason] = [:]
  /// The indices of deliveries whose popups the desktop may hide without telling.
  private var hideable: Set<Int> = []
  /// By what the deliveries are shown, by index; a popup if there is no other entry.
  private var means: [Int: DeliveryMeans] = [:]
  private var unsettled: Int
  private var unfinished: Int
  private var popups = PopupListeners()
  /// Who is asked about for ``mayDisturb(_:)``: the sender, on the connection of the last call.
  private var asker: Caller
  /// The users who can't put it off, because it could not be kept.
  private var usersWithoutLater: Set<UInt32> = []
  private var waiters: [(milestone: Milestone, continuation: CheckedContinuation<Void, Never>)] = []
  /// Whether nobody waits for it any more.
  private var isLetGo = false

  /// Makes a message.
  ///
  /// - Parameters:
  ///   - id: its id.
  ///   - sender: the sender.
  ///   - content: what its popups say.
  ///   - deliveries: its deliveries.
  ///   - age: the time since it was sent.
  init(id: UInt64, sender: Caller, content: PopupContent, deliveries: [Delivery], age: Duration = .zero) {
    self.id = id
    sent = .now + (.zero - age)
    self.sender = sender
    asker = sender
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

  /// Whether nothing of it is on a desktop, or on its way there: every delivery is final or put off.
  var isAtRest: Bool { isFinal || deliveries.allSatisfy(\.isAtRest) }

  /// The time since it was sent.
  var age: Duration { .now - sent }

  /// Waits until every delivery has reached a milestone, or the service ends.
  func wait(until milestone: Milestone) async {
    guard !hasReached(milestone), !isLetGo else { return }
    await withCheckedContinuation { waiters.append((milestone, $0)) }
  }

  /// Puts the deliveries to some sessions into a state. Final deliveries don't change.
  ///
  /// - Parameters:
  ///   - state: the new state.
  ///   - sessions: the sessions' ids.
  ///   - reply: the key of the button that the user chose.
  ///   - text: the user's answer in words, or choice.
  ///   - reason: the reason for the state.
  ///   - returns: when it comes again, in seconds since 1970, if the user has put it off.
  func enter(
    _ state: DeliveryState, at sessions: Set<String>, reply: String? = nil, text: String? = nil,
    reason: DeliveryReason? = nil, returns: UInt64? = nil
  ) {
    let elapsed = age.seconds
    for place in sessions.compactMap({ places[$0] }).sorted() {
      let before = deliveries[place]
      let (means, mayBeHidden) = (means[place] ?? .popup, hideable.contains(place))
      guard
        deliveries[place].enter(
          state, reply: reply, text: text, error: reason?.error, returns: returns, by: means,
          mayBeHidden: mayBeHidden, elapsed: elapsed)
      else { continue }
      reasons[place] = reason
      count(from: before, to: deliveries[place])
      onChange?(deliveries[place])
      if deliveries[place].state.isFinal { popups.end(desertedBy: before.sessionID) { !isOpen(at: $0) } }
    }
    if isFinal {
      content.body = ""
      notifyCalls.forget()
      (popups, reasons, hideable, means) = (PopupListeners(), [:], [], [:])
    }
    resumeWaiters()
  }

  /// Registers a popup, or its wait for a turn, that must end when the message is withdrawn or all of some sessions
  /// end. `end` is called at once if that has happened already.
  func onEnd(of sessions: Set<String>, _ end: @escaping @MainLoop (PopupVerdict.Event) -> Void) {
    if isWithdrawn { end(.withdrawn) }
    guard isOpen(at: sessions) else { return end(.sessionsEnded) }
    popups.onEnd(of: sessions, end)
  }

  /// Whether it is shown to users who don't want to be disturbed. Asks only once, when the first such user is reached.
  func mayDisturb(_ ask: @escaping @MainLoop (Caller) async -> Bool) async -> Bool {
    let question = disturbs ?? MainLoop.task { [asker] in await ask(asker) }
    disturbs = question
    return (try? await question.value) ?? false
  }

  /// Registers a popup in some sessions, or its wait for a turn, that must say something else when the message does.
  func onChangeOfContent(of sessions: Set<String>, _ call: @escaping @MainLoop (_ restartsTime: Bool) -> Void) {
    if !isFinal { popups.onChange(in: sessions, call) }
  }

  /// Says something else from now on.
  ///
  /// - Parameters:
  ///   - content: what the popups say.
  ///   - restartsTime: whether `content.timeout` counts from now on. Otherwise the popups' time goes on.
  func change(to content: PopupContent, restartsTime: Bool) {
    self.content = content
    changes += 1
    if restartsTime {
      timeChanges += 1
      for place in places.values where !deliveries[place].state.isFinal {
        deliveries[place].details.timeout = Settings.seconds(of: content.timeout)
      }
    }
    popups.change(restartsTime: restartsTime)
  }

  /// Begins the deliveries to some sessions anew, for the sender on another connection.
  func begin(anewAt sessions: Set<String>, asking caller: Caller) {
    (asker, disturbs) = (caller, nil)
    popups.keep { hasPopup(at: $0) }
    for place in sessions.compactMap({ places[$0] }).sorted() {
      let before = deliveries[place]
      deliveries[place].begin(timeout: Settings.seconds(of: content.timeout))
      reasons[place] = nil
      count(from: before, to: deliveries[place])
      onChange?(deliveries[place])
    }
  }

  /// Withdraws the message. Standing popups are closed, and popups on their way as soon as they appear. What was put
  /// off doesn't come again.
  func withdraw() {
    isTakenBack = true
    closePopups()
    enter(.withdrawn, at: deferredSessions)
  }

  /// Withdraws the message where it isn't put off.
  func closePopups() {
    isWithdrawn = true
    popups.end(.withdrawn)
  }

  /// The sessions whose users have put it off.
  var deferredSessions: Set<String> { Set(deliveries.filter { $0.state == .deferred }.map(\.sessionID)) }

  /// Begins the deliveries to some sessions again, where the message was put off.
  func comeBack(at sessions: Set<String>) {
    popups.keep { hasPopup(at: $0) }
    enter(.pending, at: sessions.intersection(deferredSessions))
  }

  /// Whether a user may put it off.
  func mayBePutOff(by uid: UInt32) -> Bool { !usersWithoutLater.contains(uid) }

  /// Takes away a user's buttons that put it off, from popups that are raised from now on.
  func stopPuttingOff(by uid: UInt32) { usersWithoutLater.insert(uid) }

  /// Ends the waits for it, because the service ends.
  func letGo() {
    isLetGo = true
    for waiter in waiters { waiter.continuation.resume() }
    waiters = []
  }

  /// Notes that a session has ended.
  func sessionEnded(_ id: String) { enter(.sessionClosed, at: [id]) }

  /// Notes that some sessions have the popup behind their locked screens. Users see it when they unlock the screen.
  func hide(at sessions: Set<String>) { enter(.pending, at: sessions, reason: .locked) }

  /// Notes whether the desktops of some sessions may hide the popup that they took, without telling.
  func note(mayBeHidden: Bool, at sessions: Set<String>) {
    let indices = sessions.compactMap { places[$0] }
    if mayBeHidden { hideable.formUnion(indices) } else { hideable.subtract(indices) }
  }

  /// Notes by what the message is shown in some sessions from now on.
  func note(by means: DeliveryMeans, at sessions: Set<String>) {
    for place in sessions.compactMap({ places[$0] }) { self.means[place] = means }
  }

  /// Notes that a session's screen is no longer locked.
  func sessionUnlocked(_ id: String) {
    if let place = places[id], reasons[place] == .locked { enter(.shown, at: [id]) }
  }

  /// Notes that the popup's time is over. In sessions whose screens stayed locked it was not shown.
  func expire(at sessions: Set<String>) {
    let hidden = sessions.filter { id in places[id].map { reasons[$0] == .locked } ?? false }
    enter(.suppressed, at: hidden, reason: .lockedThroughout)
    enter(.expired, at: sessions)
  }

  /// Whether a delivery to any of some sessions isn't final.
  func isOpen(at sessions: Set<String>) -> Bool {
    sessions.contains { id in places[id].map { !deliveries[$0].state.isFinal } ?? false }
  }

  /// Whether a popup for some sessions stands or is on its way.
  private func hasPopup(at sessions: Set<String>) -> Bool {
    sessions.contains { id in places[id].map { !deliveries[$0].isAtRest } ?? false }
  }

  private func count(from before: Delivery, to after: Delivery) {
    unsettled += (after.isSettled ? 0 : 1) - (before.isSettled ? 0 : 1)
    unfinished += (after.state.isFinal ? 0 : 1) - (before.state.isFinal ? 0 : 1)
  }

  private func hasReached(_ milestone: Milestone) -> Bool {
    switch milestone {
    case .settled: unsettled == 0
    case .final: unfinished == 0
    case .atRest: isAtRest
    }
  }

  private func resumeWaiters() {
    guard waiters.contains(where: { hasReached($0.milestone) }) else { return }
    let met = waiters.filter { hasReached($0.milestone) }
    waiters.removeAll { hasReached($0.milestone) }
    for waiter in met { waiter.continuation.resume() }
  }
}
