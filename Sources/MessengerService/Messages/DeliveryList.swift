internal import MessengerContract

/// The deliveries of a message: their states, and which of them are held, shown or may be hidden.
struct DeliveryList {
  /// The deliveries to sessions, those that are held for users, and a failed one for each recipient that stands for
  /// neither. An index always means the same delivery.
  private(set) var all: [Delivery]
  /// What waits until its users come; `nil` if nobody is waited for.
  private(set) var hold: Hold?

  /// The index of the delivery to each session. Every change looks it up, and a message may go to thousands of
  /// sessions.
  private var places: [String: Int]
  /// The reasons for the deliveries' states, by index.
  private var reasons: [Int: DeliveryReason] = [:]
  /// The indices of deliveries whose popups the desktop may hide without telling.
  private var hideable: Set<Int> = []
  /// By what the deliveries are shown, by index; a popup if there is no other entry.
  private var means: [Int: DeliveryMeans] = [:]
  /// How often what was held has come back because the notification server left while the popup stood, by index.
  private var losses: [Int: Int] = [:]
  private var unsettled: Int
  private var unfinished: Int

  /// Makes a list.
  ///
  /// - Parameters:
  ///   - deliveries: the deliveries.
  ///   - hold: which of them wait until their users come.
  init(_ deliveries: [Delivery], hold: Hold?) {
    all = deliveries
    self.hold = hold
    places = Dictionary(
      deliveries.indices.filter { !deliveries[$0].sessionID.isEmpty }.map { (deliveries[$0].sessionID, $0) },
      uniquingKeysWith: { first, _ in first })
    unsettled = deliveries.count { !$0.isSettled }
    unfinished = deliveries.count { !$0.state.isFinal }
  }

  /// Whether every delivery is final.
  var isFinal: Bool { unfinished == 0 }

  /// Whether nothing is on a desktop, or on its way there: every delivery is final, put off or held.
  var isAtRest: Bool { isFinal || all.allSatisfy(\.isAtRest) }

  /// Whether each delivery has reached a milestone.
  func hasReached(_ milestone: Message.Milestone) -> Bool {
    switch milestone {
    case .settled: unsettled == 0
    case .final: isFinal
    case .atRest: isAtRest
    }
  }

  /// Returns the indices of the deliveries to some sessions, in their order.
  func indices(of sessions: Set<String>) -> [Int] { sessions.compactMap { places[$0] }.sorted() }

  /// The sessions whose users have put it off.
  var deferredSessions: Set<String> { Set(all.filter { $0.state == .deferred }.map(\.sessionID)) }

  /// Returns the reason for the state of the delivery to a session.
  func reason(at session: String) -> DeliveryReason? { places[session].flatMap { reasons[$0] } }

  /// Whether a delivery to any of some sessions isn't final.
  func isOpen(at sessions: Set<String>) -> Bool {
    sessions.contains { id in places[id].map { !all[$0].state.isFinal } ?? false }
  }

  /// Whether a popup for some sessions stands or is on its way.
  func hasPopup(at sessions: Set<String>) -> Bool {
    sessions.contains { id in places[id].map { !all[$0].isAtRest } ?? false }
  }

  // MARK: Changes

  /// A new state, and what is known about it.
  struct Entry {
    var state: DeliveryState
    /// The key of the button that the user chose.
    var reply: String?
    /// The user's answer in words, or choice.
    var text: String?
    /// The reason for the state.
    var reason: DeliveryReason?
    /// When it comes again, in seconds since 1970, if the user has put it off.
    var returns: UInt64?
    /// Whether the sender has withdrawn the message, and not only the service, which ends.
    var isTakenBack = false
    /// The seconds since the message was sent.
    var elapsed: Double
  }

  /// Puts a delivery into a state, or into `held` if it can't be shown now and waits until it can. A final delivery
  /// doesn't change.
  ///
  /// - Returns: the session that it was to; `nil` if nothing has changed.
  mutating func enter(_ entry: Entry, at index: Int) -> String? {
    let before = all[index]
    let state = isHeldAgain(index, insteadOf: entry) ? .held : entry.state
    guard
      all[index].enter(
        state, reply: entry.reply, text: entry.text, error: entry.reason?.error, returns: entry.returns,
        until: hold?.until, by: means[index] ?? .popup, mayBeHidden: hideable.contains(index), elapsed: entry.elapsed)
    else { return nil }
    reasons[index] = entry.reason
    if state == .held {
      if before.state == .shown, entry.state == .failed { losses[index, default: 0] += 1 }
      release(index)
    }
    if all[index].state.isFinal || state == .deferred { hold?.remove(index, of: before.uid) }
    count(from: before, to: all[index])
    return before.sessionID
  }

  /// Begins a delivery anew.
  mutating func begin(anewAt index: Int, timeout: UInt32) {
    let before = all[index]
    all[index].begin(timeout: timeout)
    reasons[index] = nil
    count(from: before, to: all[index])
  }

  /// Notes how long popups stay from now on, in seconds.
  mutating func change(timeout: UInt32) {
    for index in all.indices where !all[index].state.isFinal && all[index].uid != Messenger.noUID {
      all[index].details.timeout = timeout
    }
  }

  /// Notes whether the desktops of some sessions may hide the popup that they took, without telling.
  mutating func note(mayBeHidden: Bool, at sessions: Set<String>) {
    let indices = indices(of: sessions)
    if mayBeHidden { hideable.formUnion(indices) } else { hideable.subtract(indices) }
  }

  /// Notes by what the message is shown in some sessions from now on.
  mutating func note(by means: DeliveryMeans, at sessions: Set<String>) {
    for index in indices(of: sessions) { self.means[index] = means }
  }

  /// Forgets what nobody needs any more when every delivery is final.
  mutating func forgetReasons() { (reasons, hideable, means) = ([:], [], [:]) }

  private mutating func count(from before: Delivery, to after: Delivery) {
    unsettled += (after.isSettled ? 0 : 1) - (before.isSettled ? 0 : 1)
    unfinished += (after.state.isFinal ? 0 : 1) - (before.state.isFinal ? 0 : 1)
  }

  // MARK: Waiting for users

  /// Returns the index of what is held for a user, unless it is on the user's desktop or on its way there.
  func held(for uid: UInt32) -> Int? {
    hold?.users[uid].flatMap { all[$0].sessionID.isEmpty ? $0 : nil }
  }

  /// Whether a user is waited for, or would be once they come.
  func awaits(_ uid: UInt32) -> Bool {
    guard let hold else { return false }
    return hold.users[uid] != nil || !hold.words.isEmpty && hold.awaits(uid)
  }

  /// Whether a user is waited for, and nothing is on the user's desktop.
  ///
  /// - Parameters:
  ///   - uid: the user's uid.
  ///   - isOneOfMany: whether the user may be one of those whom a word means.
  /// - Returns: whether it may begin there.
  func mayCome(_ uid: UInt32, isOneOfMany: Bool) -> Bool {
    guard let hold else { return false }
    if hold.users[uid] != nil { return held(for: uid) != nil }
    return isOneOfMany && hold.awaits(uid)
  }

  /// Adds what is held, besides what others of the recipients have put off.
  mutating func take(_ held: [Delivery], until: UInt64, served: Set<UInt32>) {
    let deferred = all.filter { $0.state == .deferred }.map(\.uid)
    all += held
    unfinished += held.count
    hold = Hold(of: all, until: until, served: served.union(deferred))
  }

  /// Gives the delivery to a user who has come a session. One of many gets a delivery.
  mutating func bind(_ session: LoginSession, timeout: Duration?) {
    let user = session.user
    let index = hold?.users[user.uid] ?? append(user, timeout: timeout)
    places[session.id] = index
    all[index].sessionID = session.id
    all[index].details.sessionName = session.name
  }

  /// Ends the waiting for users.
  ///
  /// - Returns: the deliveries that were held, each with the reason why it was not shown: their indices. What is on a
  ///   desktop meanwhile goes on there.
  mutating func endHold() -> [(index: Int, reason: DeliveryReason?)] {
    guard let held = hold else { return [] }
    hold = nil
    return (Array(held.users.values) + held.words.keys).sorted().filter { all[$0].sessionID.isEmpty }.map {
      ($0, reasons[$0])
    }
  }

  /// Ends the waiting for a user.
  mutating func endHold(of uid: UInt32, at index: Int) { hold?.remove(index, of: uid) }

  /// The most often that a message comes back after a notification server has left with it, so that it doesn't make one
  /// crash for days.
  private static let mostLosses = 3

  /// Whether a delivery that can't be shown now waits until it can. A session that ends before its user has answered
  /// the popup doesn't end it, nor does the service. When a machine goes down, notification servers leave first.
  private func isHeldAgain(_ index: Int, insteadOf entry: Entry) -> Bool {
    guard let hold, hold.has(index) else { return false }
    return switch entry.state {
    case .failed where entry.reason == .serverLeft: losses[index, default: 0] < Self.mostLosses
    case .failed, .suppressed: all[index].state != .shown  // what was seen isn't shown again and again
    case .sessionClosed: true
    case .withdrawn: !entry.isTakenBack
    default: false
    }
  }

  /// Adds the delivery to a user who has come, and whom a word means.
  private mutating func append(_ user: User, timeout: Duration?) -> Int {
    all.append(Delivery(held: user.name, uid: user.uid, until: hold?.until ?? 0, timeout: timeout))
    hold?.add(user.uid, at: all.count - 1)
    unfinished += 1
    return all.count - 1
  }

  /// Takes a delivery from its session.
  private mutating func release(_ index: Int) {
    places[all[index].sessionID] = nil
    all[index].sessionID = ""
    all[index].details.sessionName = nil
  }
}
