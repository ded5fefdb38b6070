internal import GBus
internal import MessengerContract

/// What senders have used of their limits, and how many popups recipients have. It decides what is too much; the time
/// is passed in.
///
/// Root is exempt, for a machine's administrator has to get through, and could lift the limits anyway. Popups of root's
/// count where others' are limited. One's own have places of their own, so that nobody else's keep them away.
struct Quota: Sendable {
  private let limits: Limits
  private var senders: [UInt32: Sender] = [:]
  /// Popups by recipient and sender.
  private var popups: [UInt32: [UInt32: UInt32]] = [:]

  /// Of which popups a recipient has too many.
  enum Crowd: Sendable {
    /// Of this sender's.
    case ofSender
    /// Of all that share the places which this one wants.
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

  /// Counts a call, whatever it asks.
  ///
  /// - Throws: `LimitExceeded`, with the time after which to try again.
  mutating func call(by caller: Caller, at now: Deadline) throws {
    guard !caller.isRoot, let wait = account(of: caller, at: now, { $0.calls.take(at: now) }) else { return }
    throw Self.exceeded("too many calls (CallsPerMinute=\(limits.callsPerMinute)): \(Self.advice(after: wait))")
  }

  /// Counts an answer of so many bytes.
  ///
  /// - Throws: `LimitExceeded`, with the time after which to try again: it is not to be sent.
  mutating func answer(to caller: Caller, of count: Int, at now: Deadline) throws {
    let rest = count > Limits.shortAnswers / 4 ? Int(Limits.shortAnswers) : 0
    let wait = caller.isRoot ? nil : account(of: caller, at: now) { $0.answers.take(count, leaving: rest, at: now) }
    guard let wait else { return }
    throw Self.exceeded(
      "too much to answer in a short time, the last of it \(count) bytes: \(Self.advice(after: wait))")
  }

  /// Counts a message, and that its sender waits; to be followed by ``endSending(by:)`` unless it throws.
  ///
  /// - Throws: `LimitExceeded`, with the time after which to try again, where that can be told.
  mutating func beginSending(by caller: Caller, at now: Deadline) throws {
    guard !caller.isRoot else { return }
    let limits = limits
    try account(of: caller, at: now) { sender in
      guard sender.waiting < limits.waitingCallsPerSender else {
        throw Self.exceeded(
          "too many messages that wait for an answer (WaitingCallsPerSender=\(limits.waitingCallsPerSender)): "
            + "try again when one is answered")
      }
      if let wait = sender.messages.take(at: now) {
        throw Self.exceeded(
          "too many messages (MessagesPerMinute=\(limits.messagesPerMinute), Burst=\(limits.burst)): "
            + Self.advice(after: wait))
      }
      sender.waiting += 1
    }
  }

  /// The sender has their answer.
  mutating func endSending(by caller: Caller) { senders[caller.uid]?.waiting -= 1 }

  /// Counts a message's popups, one for each recipient who may have one more; each is to be followed by
  /// ``close(by:at:)``.
  ///
  /// - Parameters:
  ///   - caller: who sends.
  ///   - recipients: the uids of those whom the message is for.
  ///   - now: the time.
  /// - Returns: the recipients who have too many popups already, and of which.
  /// - Throws: `LimitExceeded` where the sender would have too many open; nothing is counted then.
  mutating func open(by caller: Caller, at recipients: Set<UInt32>, at now: Deadline) throws -> [UInt32: Crowd] {
    let crowds = recipients.reduce(into: [:]) { $0[$1] = crowd(for: caller, at: $1) }
    let open = recipients.subtracting(crowds.keys)
    if !caller.isRoot { try count(UInt32(open.count), of: caller, at: now) }
    for recipient in open { popups[recipient, default: [:]][caller.uid, default: 0] += 1 }
    return crowds
  }

  /// What keeps a recipient from having one more popup of a sender's. One's own are counted by themselves, and all
  /// others together; of these, each sender has a share.
  private func crowd(for caller: Caller, at recipient: UInt32) -> Crowd? {
    guard !caller.isRoot, let open = popups[recipient] else { return nil }
    let own = open[caller.uid, default: 0]
    if caller.uid == recipient { return own >= limits.openPopupsPerRecipient ? .ofAll : nil }
    if own >= limits.openPopupsPerSenderAtRecipient { return .ofSender }
    let others = open.reduce(0) { $1.key == recipient ? $0 : $0 + $1.value }
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

  /// A popup is closed, or never was shown.
  mutating func close(by caller: Caller, at recipient: UInt32) {
    senders[caller.uid]?.popups -= 1
    guard let open = popups[recipient]?[caller.uid] else { return }
    popups[recipient]?[caller.uid] = open > 1 ? open - 1 : nil
    if popups[recipient]?.isEmpty == true { popups[recipient] = nil }
  }

  /// Why a recipient whom ``open(by:at:at:)`` returns gets no popup.
  func error(of crowd: Crowd, at userName: String) -> MessengerError {
    let excess =
      switch crowd {
      case .ofSender: " of yours (OpenPopupsPerSenderAtRecipient=\(limits.openPopupsPerSenderAtRecipient))"
      case .ofAll: " (OpenPopupsPerRecipient=\(limits.openPopupsPerRecipient))"
      }
    return Self.exceeded("\(userName) has too many open popups\(excess): try again when some are closed")
  }

  /// Changes a sender's account. A new one takes the place of those that are as good as new.
  private mutating func account<Result>(
    of caller: Caller, at now: Deadline, _ body: (inout Sender) throws -> Result
  ) rethrows -> Result {
    if senders[caller.uid] == nil { senders = senders.filter { !$0.value.isIdle(at: now) } }
    return try body(&senders[caller.uid, default: Sender(limits, at: now)])
  }

  private static func exceeded(_ text: String) -> MessengerError { MessengerError(.limitExceeded, text) }

  /// Whole seconds, so many that the time is over then.
  private static func advice(after wait: Duration) -> String {
    "try again in \(Int(wait.seconds.rounded(.up))) s"
  }
}
