internal import GBus
internal import MessengerContract

/// How much of their limits senders have used, and how many popups recipients have. It decides what exceeds a limit.
/// The time is passed in.
///
/// Root is exempt: a machine's administrator has to get through, and could lift the limits anyway. Root's popups count
/// towards the limits of others. Users' popups to themselves have places of their own, so that nobody else can take
/// those.
struct Quota: Sendable {
  private let limits: Limits
  private var senders: [UInt32: Sender] = [:]
  /// The numbers of open popups, by recipient and sender.
  private var popups: [UInt32: [PopupSender: UInt32]] = [:]

  /// Who has a share of a recipient's popups. Those on whose behalf a program sends have one each, so that none of them
  /// takes the places of another.
  private struct PopupSender: Hashable {
    let uid: UInt32
    let origin: String?
  }

  /// Which of a recipient's popups are too many.
  enum Crowd: Sendable {
    /// This sender's own.
    case ofSender
    /// Those of all senders who share these places.
    case ofAll
  }

  private struct Sender {
    var calls: TokenBucket
    var messages: TokenBucket
    var answers: TokenBucket
    var waiting: UInt32 = 0
    var popups: UInt32 = 0

    init(_ limits: Limits, at now: Deadline) {
      calls = TokenBucket(perMinute: limits.callsPerMinute, burst: max(1, limits.callsPerMinute / 10), at: now)
      messages = TokenBucket(perMinute: limits.messagesPerMinute, burst: limits.burst, at: now)
      answers = TokenBucket(
        perMinute: Limits.answersPerMinute, burst: Limits.answersAtOnce + Limits.shortAnswers, at: now)
    }

    func isIdle(at now: Deadline) -> Bool {
      waiting == 0 && popups == 0 && calls.isFull(at: now) && messages.isFull(at: now)
        && answers.isFull(at: now)
    }
  }

  init(_ limits: Limits) { self.limits = limits }

  /// How many users are remembered: senders of the last minutes, and recipients with open popups.
  var size: Int { senders.count + popups.count }

  /// Counts a call, whatever it asks for.
  ///
  /// - Throws: `LimitExceeded`, with the time after which the caller may try again.
  mutating func call(by caller: Caller, at now: Deadline) throws {
    guard !caller.isRoot, let wait = account(of: caller, at: now, { $0.calls.take(at: now) }) else { return }
    throw Self.exceeded("too many calls (CallsPerMinute=\(limits.callsPerMinute)): \(Self.advice(after: wait))")
  }

  /// Counts an answer, by its size in bytes.
  ///
  /// - Throws: `LimitExceeded`, with the time after which the caller may try again. The answer must then not be sent.
  mutating func answer(to caller: Caller, of count: Int, at now: Deadline) throws {
    let rest = count > Limits.shortAnswers / 4 ? Int(Limits.shortAnswers) : 0
    let wait = caller.isRoot ? nil : account(of: caller, at: now) { $0.answers.take(count, leaving: rest, at: now) }
    guard let wait else { return }
    throw Self.exceeded(
      "too much to answer in a short time, the last of it \(count) bytes: \(Self.advice(after: wait))")
  }

  /// Counts a message, and notes that its sender waits for the answer. Unless it throws, ``endSending(by:)`` must
  /// follow.
  ///
  /// - Throws: `LimitExceeded`, with the time after which the caller may try again if it is known.
  mutating func beginSending(by caller: Caller, at now: Deadline) throws {
    guard !caller.isRoot else { return }
    let limits = limits
    try account(of: caller, at: now) { sender in
      guard sender.waiting < limits.waitingCallsPerSender else {
        throw Self.exceeded(
          "too many messages that wait for an answer (WaitingCallsPerSender=\(limits.waitingCallsPerSender)): "
            + "try again when one is answered")
      }
      try Self.takeMessage(of: &sender, limits, at: now)
      sender.waiting += 1
    }
  }

  /// Counts a new text of a message that was sent before. It costs as much as a message.
  ///
  /// - Throws: `LimitExceeded`, with the time after which the caller may try again.
  mutating func text(by caller: Caller, at now: Deadline) throws {
    guard !caller.isRoot else { return }
    let limits = limits
    try account(of: caller, at: now) { try Self.takeMessage(of: &$0, limits, at: now) }
  }

  private static func takeMessage(of sender: inout Sender, _ limits: Limits, at now: Deadline) throws {
    guard let wait = sender.messages.take(at: now) else { return }
    throw exceeded(
      "too many messages (MessagesPerMinute=\(limits.messagesPerMinute), Burst=\(limits.burst)): "
        + advice(after: wait))
  }

  /// Notes that the sender has the answer.
  mutating func endSending(by caller: Caller) { senders[caller.uid]?.waiting -= 1 }

  /// Counts a message's popups, one for each recipient who may have one more. ``close(by:at:)`` must follow for each.
  ///
  /// - Parameters:
  ///   - caller: the sender.
  ///   - origin: on whose behalf the caller sends; `nil`: on their own.
  ///   - recipients: the uids of the recipients.
  ///   - now: the time.
  /// - Returns: the recipients who have too many popups already, each with which of them are too many.
  /// - Throws: `LimitExceeded` if the sender would have too many popups open. Nothing is counted then.
  mutating func open(
    by caller: Caller, onBehalfOf origin: String? = nil, at recipients: Set<UInt32>, at now: Deadline
  ) throws -> [UInt32: Crowd] {
    let crowds = recipients.reduce(into: [:]) { $0[$1] = crowd(for: caller, origin, at: $1) }
    let open = recipients.subtracting(crowds.keys)
    if !caller.isRoot { try count(UInt32(open.count), of: caller, at: now) }
    for recipient in open { add(caller, origin, at: recipient) }
    return crowds
  }

  /// Counts a popup that comes again because its user had put it off. It is never refused: it was admitted when it was
  /// sent, and ``Deferrals`` bounds how many there are. ``close(by:at:)`` must follow.
  mutating func reopen(by caller: Caller, onBehalfOf origin: String? = nil, at recipient: UInt32, at now: Deadline) {
    if !caller.isRoot { account(of: caller, at: now) { $0.popups += 1 } }
    add(caller, origin, at: recipient)
  }

  private mutating func add(_ caller: Caller, _ origin: String?, at recipient: UInt32) {
    popups[recipient, default: [:]][PopupSender(uid: caller.uid, origin: origin), default: 0] += 1
  }

  /// Says which limit keeps a recipient from having one more popup of a sender; nil if none does. Popups to oneself are
  /// counted separately. All others are counted together, and each sender has a share of those places.
  private func crowd(for caller: Caller, _ origin: String?, at recipient: UInt32) -> Crowd? {
    guard !caller.isRoot, let open = popups[recipient] else { return nil }
    let own = open[PopupSender(uid: caller.uid, origin: origin), default: 0]
    if caller.uid == recipient { return own >= limits.openPopupsPerRecipient ? .ofAll : nil }
    if own >= limits.openPopupsPerSenderAtRecipient { return .ofSender }
    let others = open.reduce(0) { $1.key.uid == recipient ? $0 : $0 + $1.value }
    return others >= limits.openPopupsPerRecipient ? .ofAll : nil
  }

  private mutating func count(_ more: UInt32, of caller: Caller, at now: Deadline) throws {
    let most = limits.openPopupsPerSender
    try account(of: caller, at: now) { sender in
      guard sender.popups + more <= most else {
        throw Self.exceeded(
          "too many open popups of yours: \(sender.popups), and \(more) more (OpenPopupsPerSender=\(most)): "
            + "try again when some are closed")
      }
      sender.popups += more
    }
  }

  /// Notes that a popup is closed, or was never shown.
  mutating func close(by caller: Caller, onBehalfOf origin: String? = nil, at recipient: UInt32) {
    senders[caller.uid]?.popups -= 1
    let sender = PopupSender(uid: caller.uid, origin: origin)
    guard let open = popups[recipient]?[sender] else { return }
    popups[recipient]?[sender] = open > 1 ? open - 1 : nil
    if popups[recipient]?.isEmpty == true { popups[recipient] = nil }
  }

  /// The error for a recipient whom ``open(by:at:at:)`` returned.
  func error(of crowd: Crowd, at userName: String) -> MessengerError {
    let excess =
      switch crowd {
      case .ofSender: " of yours (OpenPopupsPerSenderAtRecipient=\(limits.openPopupsPerSenderAtRecipient))"
      case .ofAll: " (OpenPopupsPerRecipient=\(limits.openPopupsPerRecipient))"
      }
    return Self.exceeded("\(userName) has too many open popups\(excess): try again when some are closed")
  }

  /// Changes a sender's account. Before a new account is added, accounts without anything to remember are dropped.
  private mutating func account<Result>(
    of caller: Caller, at now: Deadline, _ body: (inout Sender) throws -> Result
  ) rethrows -> Result {
    if senders[caller.uid] == nil { senders = senders.filter { !$0.value.isIdle(at: now) } }
    return try body(&senders[caller.uid, default: Sender(limits, at: now)])
  }

  private static func exceeded(_ text: String) -> MessengerError { MessengerError(.limitExceeded, text) }

  /// The advice to try again, with the wait rounded up to whole seconds.
  private static func advice(after wait: Duration) -> String {
    "try again in \(Int(wait.seconds.rounded(.up))) s"
  }
}
