internal import CReceiveBudget

/// Cuts the bytes from a peer into D-Bus messages. A `MsgReceiveBudget` limits what a possibly hostile bus may send. On
/// other buses, messages that are too long are skipped.
struct MessageAssembler {
  /// The next step.
  enum Verdict: Equatable {
    /// Read on.
    case goOn
    /// Read on after a pause: the credit is used up, and the bytes already read wait here.
    case pause(Duration)
    /// Read no more, because of what the peer did, given without the subject.
    case wrong(String)
  }

  private let lengths: BusBounds.Lengths?
  private var meter = MsgReceiveBudget()
  /// The beginning of a message, and all other bytes that were read and have to wait.
  private var bytes: [UInt8] = []
  /// How many of these bytes the meter has let through.
  private var admitted = 0
  /// How many of the next bytes are skipped.
  private var passedOver = 0

  /// Begins with the most credit possible.
  init(bounds: BusBounds, at now: Deadline) {
    lengths = bounds.lengths
    msg_receive_budget_start(&meter, now.microseconds)
  }

  /// Whether no message has begun.
  var isBetweenMessages: Bool { bytes.isEmpty && passedOver == 0 }

  /// How many bytes the message that has begun still lacks, as far as is known. Only for the system bus.
  var missing: Int {
    guard passedOver == 0 else { return passedOver }
    let frame = bytes.withUnsafeBytes { WireFrame($0) }
    return (frame?.length ?? WireFrame.size) - bytes.count
  }

  /// Notes that bytes were sent to the peer, which may send more in return.
  mutating func noteSent(_ count: Int) { msg_receive_budget_sent(&meter, count) }

  /// Takes new bytes, and hands out the messages that are complete.
  ///
  /// - Parameters:
  ///   - new: the new bytes; empty after a pause.
  ///   - now: the time, which determines the credit.
  ///   - handOut: called with each message, or with the header of one that is too long; returns `false` if no more are
  ///     wanted.
  /// - Returns: the next step.
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
    // Usually these are complete messages, and nothing has to be kept.
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
