internal import FleetContract
internal import Platform

/// The messages that wait: those of all senders in turn, and of each sender the withdrawals first. It limits how often
/// messages go to msgd, so that the ones of a sender who floods wait, and those of others don't. It has no clock: the
/// time is passed in.
struct FairQueue: Sendable {
  /// What is to be done next.
  enum Turn: Equatable {
    /// This one.
    case ticket(Ticket)
    /// Nothing for this time.
    case wait(Duration)
    /// Nothing.
    case nothing
  }

  /// Messages of all senders: what msgd takes of one of its callers, unless it is set up otherwise.
  private static let allPerMinute: UInt32 = 60
  private static let allAtOnce: UInt32 = 20
  /// Messages of a sender.
  private static let perMinute: UInt32 = 30
  private static let atOnce: UInt32 = 10
  /// Withdrawals and questions of a sender, of which each takes a process that checks its signature.
  private static let requestsPerMinute: UInt32 = 120
  private static let requestsAtOnce: UInt32 = 60

  /// What waits of a sender, who can only take back what is their own.
  private struct Line {
    var withdrawals: [Ticket] = []
    var others: [Ticket] = []

    var isEmpty: Bool { first == nil }
    var first: Ticket? { withdrawals.first ?? others.first }

    mutating func removeFirst() {
      if withdrawals.isEmpty { others.removeFirst() } else { withdrawals.removeFirst() }
    }
  }

  private var senders: [FleetName: Line] = [:]
  /// The senders with waiting messages, the next one first.
  private var order: [FleetName] = []
  private var bucket: TokenBucket
  private var buckets: [FleetName: TokenBucket] = [:]
  private var requestBuckets: [FleetName: TokenBucket] = [:]

  init(at now: Deadline) { bucket = TokenBucket(perMinute: Self.allPerMinute, burst: Self.allAtOnce, at: now) }

  /// Adds a message.
  mutating func add(_ ticket: Ticket) {
    let sender = ticket.key.sender
    if senders[sender] == nil { order.append(sender) }
    if ticket.kind == .withdrawal {
      senders[sender, default: Line()].withdrawals.append(ticket)
    } else {
      senders[sender, default: Line()].others.append(ticket)
    }
  }

  /// Takes the next message, if it is its time.
  mutating func next(at now: Deadline) -> Turn {
    var shortest: Duration?
    for (index, sender) in order.enumerated() {
      guard let first = senders[sender]?.first else { continue }
      let wait = first.kind == .message ? take(from: sender, at: now) : takeRequest(from: sender, at: now)
      if let wait {
        shortest = min(shortest ?? wait, wait)
        continue
      }
      removeFirst(of: sender, at: index)
      return .ticket(first)
    }
    forgetBuckets(at: now)
    return shortest.map(Turn.wait) ?? .nothing
  }

  private mutating func removeFirst(of sender: FleetName, at index: Int) {
    order.remove(at: index)
    senders[sender]?.removeFirst()
    if senders[sender]?.isEmpty ?? true { senders[sender] = nil } else { order.append(sender) }
  }

  /// Takes a token of the sender's and one of all, or none.
  ///
  /// - Returns: the time until there are both; `nil` if they were taken.
  private mutating func take(from sender: FleetName, at now: Deadline) -> Duration? {
    var own = buckets[sender] ?? TokenBucket(perMinute: Self.perMinute, burst: Self.atOnce, at: now)
    var all = bucket
    if let wait = own.take(at: now) ?? all.take(at: now) { return wait }
    buckets[sender] = own
    bucket = all
    return nil
  }

  private mutating func takeRequest(from sender: FleetName, at now: Deadline) -> Duration? {
    requestBuckets[
      sender, default: TokenBucket(perMinute: Self.requestsPerMinute, burst: Self.requestsAtOnce, at: now)
    ].take(at: now)
  }

  private mutating func forgetBuckets(at now: Deadline) {
    buckets = buckets.filter { !$0.value.isFull(at: now) }
    requestBuckets = requestBuckets.filter { !$0.value.isFull(at: now) }
  }
}
