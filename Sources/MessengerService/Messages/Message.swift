internal import GBus
internal import MessengerContract

/// A sent message, and its deliveries.
@MainLoop
final class Message {
  /// The id that `Send` returned.
  let id: UInt64
  /// The sender.
  let sender: Caller
  /// On whose behalf it was sent, as its popups say it; `nil`: on the sender's own.
  let origin: String?
  /// What the popups say. The body is empty once every delivery is final.
  private(set) var content: PopupContent
  /// The calls that raise its popups. They too are forgotten once every delivery is final.
  let notifyCalls = NotifyCalls()
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

  private let sent: Deadline
  private var disturbs: Task<Bool, any Error>?
  private var list: DeliveryList
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
    self.id = id
    sent = .now + (.zero - age)
    self.sender = sender
    asker = sender
    origin = content.origin
    self.content = content
    list = DeliveryList(deliveries, hold: hold)
  }

  /// The deliveries to its sessions, those that are held for users, and a failed one for each recipient that stands for
  /// neither.
  var deliveries: [Delivery] { list.all }

  /// What of it waits until its users come; `nil` if nobody is waited for.
  var hold: Hold? { list.hold }

  /// Whether every delivery is final.
  var isFinal: Bool { list.isFinal }

  /// Whether nothing of it is on a desktop, or on its way there: every delivery is final, put off or held.
  var isAtRest: Bool { list.isAtRest }

  /// The time since it was sent.
  var age: Duration { .now - sent }

  /// Waits until every delivery has reached a milestone, or the service ends.
  func wait(until milestone: Milestone) async {
    guard !list.hasReached(milestone), !waiters.areLetGo else { return }
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
    let entry = DeliveryList.Entry(
      state: state, reply: reply, text: text, reason: reason, returns: returns, isTakenBack: isTakenBack,
      elapsed: age.seconds)
    for index in list.indices(of: sessions) { enter(entry, at: index) }
    conclude()
  }

  private func enter(_ entry: DeliveryList.Entry, at index: Int) {
    guard let session = list.enter(entry, at: index) else { return }
    let delivery = list.all[index]
    onChange?(delivery)
    guard delivery.state.isFinal || delivery.state == .held else { return }
    popups.end(desertedBy: session) { !isOpen(at: $0) }
  }

  private func enter(_ state: DeliveryState, at index: Int, reason: DeliveryReason?) {
    enter(DeliveryList.Entry(state: state, reason: reason, isTakenBack: isTakenBack, elapsed: age.seconds), at: index)
  }

  /// Forgets what nobody needs any more if every delivery is final, and ends waits for what has been reached.
  private func conclude() {
    if isFinal {
      content.body = ""
      notifyCalls.forget()
      popups = PopupListeners()
      list.forgetReasons()
    }
    waiters.resume(where: list.hasReached)
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
      list.change(timeout: Settings.seconds(of: content.timeout))
    }
    popups.change(restartsTime: restartsTime)
  }

  /// Begins the deliveries to some sessions anew, for the sender on another connection.
  func begin(anewAt sessions: Set<String>, asking caller: Caller) {
    (asker, disturbs) = (caller, nil)
    popups.keep { list.hasPopup(at: $0) }
    for index in list.indices(of: sessions) {
      list.begin(anewAt: index, timeout: Settings.seconds(of: content.timeout))
      onChange?(list.all[index])
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
  var deferredSessions: Set<String> { list.deferredSessions }

  /// Begins the deliveries to some sessions again, where the message was put off.
  func comeBack(at sessions: Set<String>) {
    popups.keep { list.hasPopup(at: $0) }
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
    list.note(mayBeHidden: mayBeHidden, at: sessions)
  }

  /// Notes by what the message is shown in some sessions from now on.
  func note(by means: DeliveryMeans, at sessions: Set<String>) {
    list.note(by: means, at: sessions)
  }

  /// Notes that a session's screen is no longer locked.
  func sessionUnlocked(_ id: String) {
    if list.reason(at: id) == .locked { enter(.shown, at: [id]) }
  }

  /// Notes that the popup's time is over. In sessions whose screens stayed locked it was not shown.
  func expire(at sessions: Set<String>) {
    let hidden = sessions.filter { list.reason(at: $0) == .locked }
    enter(.suppressed, at: hidden, reason: .lockedThroughout)
    enter(.expired, at: sessions)
  }

  /// Whether a delivery to any of some sessions isn't final.
  func isOpen(at sessions: Set<String>) -> Bool { list.isOpen(at: sessions) }

  // MARK: Waiting for users

  /// Whether a user is waited for, or would be once they come.
  func awaits(_ uid: UInt32) -> Bool { list.awaits(uid) }

  /// Adds what is held of a message, when that is read from the disk. Others of its recipients may have put it off.
  ///
  /// - Parameters:
  ///   - held: the deliveries that are held.
  ///   - until: until when, in seconds since 1970.
  ///   - served: the uids of users who have had the message already.
  func take(_ held: [Delivery], until: UInt64, served: Set<UInt32>) {
    list.take(held, until: until, served: served)
  }

  /// Whether a user is waited for, and nothing of it is on the user's desktop.
  ///
  /// - Parameters:
  ///   - uid: the user's uid.
  ///   - isOneOfMany: whether the user may be one of those whom a word means.
  /// - Returns: whether ``come(_:)`` may follow.
  func mayCome(_ uid: UInt32, isOneOfMany: Bool) -> Bool {
    !isWithdrawn && list.mayCome(uid, isOneOfMany: isOneOfMany)
  }

  /// Begins the delivery to a user who has come, and for whom ``mayCome(_:isOneOfMany:)`` holds.
  func come(_ session: LoginSession) {
    list.bind(session, timeout: content.timeout)
    popups.keep { list.hasPopup(at: $0) }
    enter(.pending, at: [session.id])
  }

  /// Notes that a user's delivery goes on being held.
  func wait(for uid: UInt32, because reason: DeliveryReason?) {
    guard let index = list.held(for: uid) else { return }
    enter(.held, at: index, reason: reason)
    conclude()
  }

  /// Ends what is held: its time is over, or it is withdrawn. What is on a desktop meanwhile goes on there.
  func endHold(with state: DeliveryState) {
    for (index, reason) in list.endHold() { enter(state, at: index, reason: state == .expired ? reason : nil) }
    conclude()
  }

  /// Ends what is held for a user, who doesn't exist any more.
  func endHold(of uid: UInt32, because reason: DeliveryReason) {
    guard let index = list.held(for: uid) else { return }
    list.endHold(of: uid, at: index)
    enter(.failed, at: index, reason: reason)
    conclude()
  }
}
