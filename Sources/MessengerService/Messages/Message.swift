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
  /// What of it waits until its users come; `nil` if nobody is waited for.
  private(set) var hold: Hold?
  /// How often the sender has changed what the popups say, and how often the popups' time.
  private(set) var (changes, timeChanges) = (0, 0)

  private let sent: Deadline
  private var disturbs: Task<Bool, any Error>?
  /// The index of the delivery to each session. Every change looks it up, and a message may go to thousands of
  /// sessions.
  private var places: [String: Int]
  private var notes = DeliveryNotes()
  private var unsettled: Int
  private var unfinished: Int
  private var popups = PopupListeners()
  /// Who is asked about for ``mayDisturb(_:)``: the sender, on the connection of the last call.
  private var asker: Caller
  /// The users who can't put it off, because it could not be kept.
  private var usersWithoutLater: Set<UInt32> = []
  private var waiters = MilestoneWaiters()

  /// Makes a message.
  ///
  /// - Parameters:
  ///   - id: its id.
  ///   - sender: the sender.
  ///   - content: what its popups say.
  ///   - deliveries: its deliveries.
  ///   - age: the time since it was sent.
  ///   - hold: which deliveries wait until their users come.
  init(
    id: UInt64, sender: Caller, content: PopupContent, deliveries: [Delivery], age: Duration = .zero, hold: Hold? = nil
  ) {
    self.hold = hold
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
    guard !hasReached(milestone), !waiters.areLetGo else { return }
    await withCheckedContinuation { waiters.add($0, until: milestone) }
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
    for place in sessions.compactMap({ places[$0] }).sorted() {
      enter(state, at: place, reply: reply, text: text, reason: reason, returns: returns)
    }
    conclude()
  }

  private func enter(
    _ state: DeliveryState, at place: Int, reply: String? = nil, text: String? = nil, reason: DeliveryReason? = nil,
    returns: UInt64? = nil
  ) {
    let before = deliveries[place]
    let state = isHeldAgain(before, at: place, insteadOf: state) ? .held : state
    guard
      deliveries[place].enter(
        state, reply: reply, text: text, error: reason?.error, returns: returns, until: hold?.until,
        by: notes.means[place] ?? .popup, mayBeHidden: notes.hideable.contains(place), elapsed: age.seconds)
    else { return }
    notes.reasons[place] = reason
    if state == .held { release(place) }
    if deliveries[place].state.isFinal || state == .deferred { hold?.remove(place, of: before.uid) }
    count(from: before, to: deliveries[place])
    onChange?(deliveries[place])
    guard deliveries[place].state.isFinal || state == .held else { return }
    popups.end(desertedBy: before.sessionID) { !isOpen(at: $0) }
  }

  /// Forgets what nobody needs any more if every delivery is final, and ends waits for what has been reached.
  private func conclude() {
    if isFinal {
      content.body = ""
      notifyCalls.forget()
      (popups, notes) = (PopupListeners(), DeliveryNotes())
    }
    waiters.resume(where: hasReached)
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
      for place in deliveries.indices where !deliveries[place].state.isFinal && deliveries[place].uid != Messenger.noUID
      {
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
      notes.reasons[place] = nil
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
    endHold(with: .withdrawn)
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
  func letGo() { waiters.letGo() }

  /// Notes that a session has ended.
  func sessionEnded(_ id: String) { enter(.sessionClosed, at: [id]) }

  /// Notes that some sessions have the popup behind their locked screens. Users see it when they unlock the screen.
  func hide(at sessions: Set<String>) { enter(.pending, at: sessions, reason: .locked) }

  /// Notes whether the desktops of some sessions may hide the popup that they took, without telling.
  func note(mayBeHidden: Bool, at sessions: Set<String>) {
    let indices = sessions.compactMap { places[$0] }
    if mayBeHidden { notes.hideable.formUnion(indices) } else { notes.hideable.subtract(indices) }
  }

  /// Notes by what the message is shown in some sessions from now on.
  func note(by means: DeliveryMeans, at sessions: Set<String>) {
    for place in sessions.compactMap({ places[$0] }) { notes.means[place] = means }
  }

  /// Notes that a session's screen is no longer locked.
  func sessionUnlocked(_ id: String) {
    if let place = places[id], notes.reasons[place] == .locked { enter(.shown, at: [id]) }
  }

  /// Notes that the popup's time is over. In sessions whose screens stayed locked it was not shown.
  func expire(at sessions: Set<String>) {
    let hidden = sessions.filter { id in places[id].map { notes.reasons[$0] == .locked } ?? false }
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

  // MARK: Waiting for users

  /// Whether a user is waited for, or would be once they come.
  func awaits(_ uid: UInt32) -> Bool {
    guard let hold else { return false }
    return hold.users[uid] != nil || !hold.words.isEmpty && hold.awaits(uid)
  }

  /// Adds what is held of a message, when that is read from the disk. Others of its recipients may have put it off.
  ///
  /// - Parameters:
  ///   - held: the deliveries that are held.
  ///   - until: until when, in seconds since 1970.
  ///   - served: the uids of users who have had the message already.
  func take(_ held: [Delivery], until: UInt64, served: Set<UInt32>) {
    deliveries += held
    unfinished += held.count
    let deferred = deliveries.filter { $0.state == .deferred }.map(\.uid)
    hold = Hold(of: deliveries, until: until, served: served.union(deferred))
  }

  /// Whether a user is waited for, and nothing of it is on the user's desktop.
  ///
  /// - Parameters:
  ///   - uid: the user's uid.
  ///   - isOneOfMany: whether the user may be one of those whom a word means.
  /// - Returns: whether ``come(_:)`` may follow.
  func mayCome(_ uid: UInt32, isOneOfMany: Bool) -> Bool {
    guard let hold, !isWithdrawn else { return false }
    if let known = hold.users[uid] { return deliveries[known].sessionID.isEmpty }
    return isOneOfMany && hold.awaits(uid)
  }

  /// Begins the delivery to a user who has come, and for whom ``mayCome(_:isOneOfMany:)`` holds.
  func come(_ session: LoginSession) {
    let place = hold?.users[session.user.uid] ?? append(session.user)
    popups.keep { hasPopup(at: $0) }
    places[session.id] = place
    deliveries[place].sessionID = session.id
    deliveries[place].details.sessionName = session.name
    enter(.pending, at: [session.id])
  }

  /// Notes that a user's delivery goes on being held.
  func wait(for uid: UInt32, because reason: DeliveryReason?) {
    guard let place = hold?.users[uid], deliveries[place].sessionID.isEmpty else { return }
    enter(.held, at: place, reason: reason)
    conclude()
  }

  /// Ends what is held: its time is over, or it is withdrawn. What is on a desktop meanwhile goes on there.
  func endHold(with state: DeliveryState) {
    guard let held = hold else { return }
    hold = nil
    for place in (Array(held.users.values) + held.words.keys).sorted() where deliveries[place].sessionID.isEmpty {
      enter(state, at: place, reason: state == .expired ? notes.reasons[place] : nil)
    }
    conclude()
  }

  /// Ends what is held for a user, who doesn't exist any more.
  func endHold(of uid: UInt32, because reason: DeliveryReason) {
    guard let place = hold?.users[uid], deliveries[place].sessionID.isEmpty else { return }
    hold?.remove(place, of: uid)
    enter(.failed, at: place, reason: reason)
    conclude()
  }

  /// Whether a delivery that can't be shown now waits until it can. A session that ends before its user has seen the
  /// popup doesn't end it, nor does the service.
  private func isHeldAgain(_ delivery: Delivery, at place: Int, insteadOf state: DeliveryState) -> Bool {
    guard let hold, hold.has(place) else { return false }
    return switch state {
    case .failed, .suppressed: delivery.state != .shown  // what was seen isn't shown again and again
    case .sessionClosed: delivery.state == .pending
    case .withdrawn: !isTakenBack
    default: false
    }
  }

  /// Adds the delivery to a user who has come, and whom a word means.
  private func append(_ user: User) -> Int {
    let place = deliveries.count
    deliveries.append(Delivery(held: user.name, uid: user.uid, until: hold?.until ?? 0, timeout: content.timeout))
    hold?.add(user.uid, at: place)
    unfinished += 1
    return place
  }

  /// Takes a delivery from its session.
  private func release(_ place: Int) {
    places[deliveries[place].sessionID] = nil
    deliveries[place].sessionID = ""
    deliveries[place].details.sessionName = nil
  }
}
