internal import GBus
internal import MessengerContract

/// What senders have used of their limits, and how many popups recipients have. It decides what is too much; the time is
/// passed in.
///
/// Root is exempt, for a machine's administrator has to get through, and could lift the limits anyway. Popups of root's count
/// where others' are limited.
struct Quota: Sendable {
  private let limits: Limits
  private var senders: [UInt32: Sender] = [:]
  private var popups: [UInt32: UInt32] = [:]

  private struct Sender {
    var calls: TokenBucket
    var messages: TokenBucket
    var waiting: UInt32 = 0
    var popups: UInt32 = 0

    init(_ limits: Limits, at now: Deadline) {
      calls = TokenBucket(perMinute: limits.callsPerMinute, burst: max(1, limits.callsPerMinute / 10), at: now)
      messages = TokenBucket(perMinute: limits.messagesPerMinute, burst: limits.burst, at: now)
    }

    func isIdle(at now: Deadline) -> Bool {
      waiting == 0 && popups == 0 && calls.isFull(at: now) && messages.isFull(at: now)
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

  /// Counts a message's popups, one for each recipient who may have one more; each is to be followed by ``close(by:at:)``.
  ///
  /// - Parameters:
  ///   - caller: who sends.
  ///   - recipients: the uids of those whom the message is for.
  ///   - now: the time.
  /// - Returns: the recipients who have too many popups already.
  /// - Throws: `LimitExceeded` where the sender would have too many open; nothing is counted then.
  mutating func open(by caller: Caller, at recipients: Set<UInt32>, at now: Deadline) throws -> Set<UInt32> {
    let crowded = recipients.filter { !caller.isRoot && popups[$0, default: 0] >= limits.openPopupsPerRecipient }
    let open = recipients.subtracting(crowded)
    if !caller.isRoot { try count(UInt32(open.count), of: caller, at: now) }
    for recipient in open { popups[recipient, default: 0] += 1 }
    return crowded
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
    popups[recipient] = popups[recipient].flatMap { $0 > 1 ? $0 - 1 : nil }
  }

  /// Why a recipient whom ``open(by:at:at:)`` returns gets no popup.
  func crowd(at userName: String) -> MessengerError {
    Self.exceeded(
      "\(userName) has too many open popups (OpenPopupsPerRecipient=\(limits.openPopupsPerRecipient)): "
        + "try again when some are closed")
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
