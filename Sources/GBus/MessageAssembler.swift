internal import CMeter

/// Cuts what a peer sends into D-Bus messages, and lets them through as a `MsgMeter` does.
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

  private var meter = MsgMeter()
  /// The beginning of a message, and what else was read that has to wait.
  private var bytes: [UInt8] = []
  /// How many of these bytes the meter has let through.
  private var admitted = 0

  /// Begins with all the credit that there can be.
  init(at now: Deadline) { msg_meter_start(&meter, now.microseconds) }

  /// Whether no message has begun.
  var isBetweenMessages: Bool { bytes.isEmpty }

  /// Takes note of bytes that were sent to the peer, who may say more for it.
  mutating func noteSent(_ count: Int) { msg_meter_sent(&meter, count) }

  /// Takes what came, and hands out the messages that are whole.
  ///
  /// - Parameters:
  ///   - new: what came; nothing after a pause.
  ///   - now: the time, by which there is credit.
  ///   - handOut: called with each message; `false` where no more are wanted.
  /// - Returns: what is to be done next.
  mutating func take(
    _ new: UnsafeRawBufferPointer, at now: Deadline, _ handOut: (UnsafeRawBufferPointer) -> Bool
  ) -> Verdict {
    guard bytes.isEmpty else {
      bytes += new
      let all = bytes
      let (used, verdict) = all.withUnsafeBytes { cut($0, now.microseconds, handOut) }
      bytes.removeFirst(used)
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
    var begin = 0
    while begin + admitted < bytes.count {
      let at = begin + admitted
      let allowed = msg_meter_allowance(&meter, bytes.count - at, now)
      guard allowed > 0 else { return (begin, .pause(.microseconds(msg_meter_delay(&meter, now) + 1000))) }
      if let fault = read(UnsafeRawBufferPointer(rebasing: bytes[at..<at + allowed])) { return (begin, .wrong(fault)) }
      admitted += allowed
      guard msg_meter_is_between_messages(&meter) else { continue }
      let message = UnsafeRawBufferPointer(rebasing: bytes[begin..<begin + admitted])
      (begin, admitted) = (begin + admitted, 0)
      guard handOut(message) else { break }
    }
    return (begin, .goOn)
  }

  private mutating func read(_ bytes: UnsafeRawBufferPointer) -> String? {
    switch msg_meter_read(&meter, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count) {
    case MSG_METER_GOOD: nil
    case MSG_METER_TOO_LONG:
      "sent a message of \(msg_meter_message_length(&meter)) bytes; at most \(MSG_LONGEST_MESSAGE) are taken"
    default: "sent what is no D-Bus message"
    }
  }
}
