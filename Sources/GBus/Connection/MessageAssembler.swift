internal import CReceiveBudget

/// Cuts what a peer sends into D-Bus messages. What a bus may send that may be hostile, a `MsgReceiveBudget` says; of
/// others, messages that are too long are passed over.
struct MessageAssembler {
  /// What is to be done next.
  enum Verdict: Equatable {
    /// Read on.
    case goOn
    /// Read on after so long: the credit is used up, and what was read already waits here.
    case pause(Duration)
    /// Read no more: what the peer did, without the subject.
    case wrong(String)
  }

  private let lengths: BusBounds.Lengths?
  private var meter = MsgReceiveBudget()
  /// The beginning of a message, and what else was read that has to wait.
  private var bytes: [UInt8] = []
  /// How many of these bytes the meter has let through.
  private var admitted = 0
  /// How many bytes that come next are nobody's.
  private var passedOver = 0

  /// Begins with all the credit that there can be.
  init(bounds: BusBounds, at now: Deadline) {
    lengths = bounds.lengths
    msg_receive_budget_start(&meter, now.microseconds)
  }

  /// Whether no message has begun.
  var isBetweenMessages: Bool { bytes.isEmpty && passedOver == 0 }

  /// How many bytes are known to be missing of the message that has begun, on the system bus.
  var missing: Int {
    guard passedOver == 0 else { return passedOver }
    let frame = bytes.withUnsafeBytes { WireFrame($0) }
    return (frame?.length ?? WireFrame.size) - bytes.count
  }

  /// Takes note of bytes that were sent to the peer, who may say more for it.
  mutating func noteSent(_ count: Int) { msg_receive_budget_sent(&meter, count) }

  /// Takes what came, and hands out the messages that are whole.
  ///
  /// - Parameters:
  ///   - new: what came; nothing after a pause.
  ///   - now: the time, by which there is credit.
  ///   - handOut: called with each message, or what comes before the body of one that is too long; `false` where no
  /// more
  ///     are wanted.
  /// - Returns: what is to be done next.
  mutating func take(
    _ new: UnsafeRawBufferPointer, at now: Deadline, _ handOut: (UnsafeRawBufferPointer) -> Bool
  ) -> Verdict {
    guard bytes.isEmpty else {
      var all: [UInt8] = []
      swap(&all, &bytes)  // its only owner: it may be long, and is not to be copied for each piece
      all += new
      let (used, verdict) = all.withUnsafeBytes { cut($0, now.microseconds, handOut) }
      if used < all.count {
        all.removeFirst(used)
        bytes = all
      }
      return verdict
    }
    // Most often these are whole messages, of which nothing has to be kept.
    let (used, verdict) = cut(new, now.microseconds, handOut)
    if used < new.count { bytes = Array(new[used...]) }
    return verdict
  }

  private mutating func cut(
    _ bytes: UnsafeRawBufferPointer, _ now: Int64, _ handOut: (UnsafeRawBufferPointer) -> Bool
  ) -> (used: Int, Verdict) {
    if let lengths { cut(bytes, lengths, handOut) } else { cutByMeter(bytes, now, handOut) }
  }
}

// A bus that may be hostile.
extension MessageAssembler {
  private mutating func cutByMeter(
    _ bytes: UnsafeRawBufferPointer, _ now: Int64, _ handOut: (UnsafeRawBufferPointer) -> Bool
  ) -> (used: Int, Verdict) {
    var begin = 0
    while begin + admitted < bytes.count {
      let at = begin + admitted
      let allowed = msg_receive_budget_allowance(&meter, bytes.count - at, now)
      guard allowed > 0 else { return (begin, .pause(.microseconds(msg_receive_budget_delay(&meter, now) + 1000))) }
      if let fault = read(UnsafeRawBufferPointer(rebasing: bytes[at..<at + allowed])) { return (begin, .wrong(fault)) }
      admitted += allowed
      guard msg_receive_budget_is_between_messages(&meter) else { continue }
      let message = UnsafeRawBufferPointer(rebasing: bytes[begin..<begin + admitted])
      (begin, admitted) = (begin + admitted, 0)
      guard handOut(message) else { break }
    }
    return (begin, .goOn)
  }

  private mutating func read(_ bytes: UnsafeRawBufferPointer) -> String? {
    switch msg_receive_budget_read(&meter, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count) {
    case MSG_BUDGET_GOOD: nil
    case MSG_BUDGET_TOO_LONG:
      "sent a message of \(msg_receive_budget_message_length(&meter)) bytes; at most \(MSG_LONGEST_MESSAGE) are taken"
    default: Self.noMessage
    }
  }

  private static let noMessage = "sent what is no D-Bus message"
}

// The system bus.
extension MessageAssembler {
  private mutating func cut(
    _ bytes: UnsafeRawBufferPointer, _ lengths: BusBounds.Lengths, _ handOut: (UnsafeRawBufferPointer) -> Bool
  ) -> (used: Int, Verdict) {
    var begin = 0
    while begin < bytes.count {
      if passedOver > 0 {
        let count = min(passedOver, bytes.count - begin)
        (begin, passedOver) = (begin + count, passedOver - count)
        continue
      }
      let rest = UnsafeRawBufferPointer(rebasing: bytes[begin...])
      guard rest.count >= WireFrame.size else { break }
      guard let frame = WireFrame(rest) else { return (begin, .wrong(Self.noMessage)) }
      let isTaken = frame.length <= lengths.most(of: frame.kind)
      guard isTaken || frame.headerLength <= lengths.header else {
        passedOver = frame.length
        continue
      }
      let count = isTaken ? frame.length : frame.headerLength
      guard rest.count >= count else { break }
      begin += count
      passedOver = frame.length - count
      guard handOut(UnsafeRawBufferPointer(rebasing: rest[..<count])) else { break }
    }
    return (begin, .goOn)
  }
}

extension BusBounds.Lengths {
  fileprivate func most(of kind: MessageKind?) -> Int {
    switch kind {
    case .call: call
    case .answer, .error: answer
    case .signal, nil: signal
    }
  }
}
