internal import FleetContract
internal import Platform

/// Who should answer a message, who has, and whether there is anybody left to wait for. Decides by what it is told;
/// the time is passed in.
///
/// A sender without `/W` waits until each machine that is online has answered, ``answerTimeout`` at the most. With `/W`
/// it waits until all that answered have said their last word and, for the others, until the message has expired. A
/// machine that has answered and gone offline is waited for until then, too.
struct Roster {
  /// How long a sender without `/W` waits after the broker has taken the message.
  static let answerTimeout: Duration = .seconds(5)
  /// How long a machine's last receipts may be under way when the message expires.
  static let expiryDelay: Duration = .seconds(2)
  /// How long after the last popup must have ended a machine that is online may still owe its last receipt.
  static let patience: Duration = .seconds(600)
  /// The most machines that are remembered: a broker that invents them fills no memory.
  static let mostMachines = 200_000

  /// What is known of a machine.
  struct Machine: Equatable {
    var isOnline = false
    /// Since when; nil if the broker knows nothing of it.
    var since: Int64?
    var hasLeft = false
    var agentVersion = ""
    /// The number of its last receipt; -1 if there was none.
    var number = -1
    var stage: MachineReceipt.Stage?
    var isFinal = false
    /// Whether it has sent so many receipts that nobody reads them any more.
    var isFlooding = false
    fileprivate var bucket: TokenBucket?
  }

  /// What a machine without an answer is.
  enum Missing: String, Equatable {
    /// It isn't connected, and gets the message when it is back.
    case offline
    /// It is connected, and has said nothing.
    case unknown
    /// It has the message, and has not said more.
    case received
  }

  /// What is to be done with a receipt.
  enum Verdict: Equatable {
    /// It says something new.
    case pass
    /// It is old, a duplicate, or of a machine that nobody asked.
    case ignore
    /// The machine sends more than any agent would: nothing more is read of it.
    case flood
  }

  private let fleet: FleetName
  private let only: FleetName?
  private let listed: Set<FleetName>?
  private let waits: Bool
  private(set) var machines: [FleetName: Machine] = [:]
  private var counts = [Int](repeating: 0, count: Standing.allCases.count)
  private var answerDeadline = Deadline.never
  private var expiry = Deadline.never
  /// When an agent that is online has had time for its last word.
  private var end = Deadline.never
  private(set) var isPublished = false
  /// Whether the presence of all machines is read.
  private(set) var isComplete = false

  /// How a machine counts for the decision.
  private enum Standing: Int, CaseIterable {
    case missingOnline, missingOffline, openOnline, openOffline, over
  }

  /// - Parameters:
  ///   - fleet: the fleet.
  ///   - only: the only machine that is asked; nil for all.
  ///   - listed: the machines that should answer; nil for those of which the broker knows.
  ///   - waits: whether to wait for users.
  init(fleet: FleetName, only: FleetName? = nil, listed: [FleetName]? = nil, waits: Bool) {
    self.fleet = fleet
    self.only = only
    self.listed = only.map { [$0] } ?? listed.map(Set.init)
    self.waits = waits
    for name in self.listed ?? [] { change(name) { _ in } }
  }

  /// Notes that the broker has taken the message.
  ///
  /// - Parameters:
  ///   - now: the time.
  ///   - life: how long the message lives.
  ///   - stay: how long a popup stands, which may begin at the end of that time. Nil: until it is answered.
  mutating func publish(at now: Deadline, life: Duration, stay: Duration?) {
    guard !isPublished else { return }
    isPublished = true
    answerDeadline = now + Self.answerTimeout
    expiry = now + life
    end = stay.map { expiry + $0 + Self.patience } ?? .never
  }

  /// Notes that the presence of all machines is read.
  mutating func complete() { isComplete = true }

  /// Notes a machine's presence; nil if the broker has forgotten the machine.
  mutating func note(_ presence: Presence?, of name: FleetName) {
    let isMember = presence.map { $0.fleets.isEmpty || $0.fleets.contains(fleet) } ?? false
    let isListed = listed?.contains(name) ?? isMember
    guard isListed else {
      if listed == nil, machines[name]?.stage == nil { remove(name) }
      return
    }
    change(name) { machine in
      machine.isOnline = presence?.isOnline ?? false
      machine.since = presence?.since
      machine.hasLeft = presence?.hasLeft ?? false
      machine.agentVersion = presence?.agentVersion ?? ""
    }
  }

  /// Notes a receipt. One of a machine that isn't in the list counts, too: the message is there.
  mutating func note(
    stage: MachineReceipt.Stage, number: Int, isFinal: Bool, of name: FleetName, at now: Deadline
  ) -> Verdict {
    guard only == nil || name == only else { return .ignore }
    let known = machines[name]
    if known == nil, machines.count >= Self.mostMachines { return .ignore }
    if let known, known.isFinal || known.isFlooding || number <= known.number { return .ignore }
    var verdict = Verdict.pass
    change(name) { machine in
      // A machine of which no presence is known has just shown that it is there.
      if known == nil || machine.since == nil { machine.isOnline = true }
      var bucket = machine.bucket ?? TokenBucket(perMinute: 120, burst: 100, at: now)
      machine.isFlooding = bucket.take(at: now) != nil
      machine.bucket = bucket
      if machine.isFlooding {
        verdict = .flood
      } else {
        machine.number = number
        machine.stage = stage
        machine.isFinal = isFinal
      }
    }
    return verdict
  }

  /// Whether there is nothing left to wait for.
  func isOver(at now: Deadline) -> Bool {
    guard isPublished else { return false }
    let isExpired = now >= expiry + Self.expiryDelay
    guard waits else {
      return now >= answerDeadline || isExpired || isComplete && count(.missingOnline) == 0
    }
    if isExpired { return count(.openOnline) == 0 || now >= end }
    let isAnybodyLeft = count(.missingOnline) + count(.missingOffline) + count(.openOnline) + count(.openOffline) > 0
    return isComplete && !isAnybodyLeft
  }

  /// Whether a receipt of a machine could say something new. It says so before the receipt is read.
  func heeds(_ name: FleetName) -> Bool { machines[name].map { !$0.isFinal && !$0.isFlooding } ?? true }

  /// When ``isOver(at:)`` may change by itself.
  func deadline(at now: Deadline) -> Deadline {
    guard isPublished else { return .never }
    guard waits else { return min(answerDeadline, expiry + Self.expiryDelay) }
    let isExpired = now >= expiry + Self.expiryDelay
    return isExpired ? end : expiry + Self.expiryDelay
  }

  /// How many machines there are, and how many of them are offline and have not answered.
  var totals: (machines: Int, offline: Int) { (machines.count, count(.missingOffline)) }

  /// The machines that have not answered, by name.
  var missing: [(name: FleetName, state: Missing, since: Int64?)] {
    machines.compactMap { name, machine -> (FleetName, Missing, Int64?)? in
      switch machine.stage {
      case nil: (name, machine.isOnline ? .unknown : .offline, machine.since)
      case .received?: (name, .received, machine.since)
      default: nil
      }
    }.sorted { $0.0 < $1.0 }
  }

  private func count(_ standing: Standing) -> Int { counts[standing.rawValue] }

  private func standing(of machine: Machine) -> Standing {
    switch machine.stage {
    case nil where machine.isFlooding: .over
    case nil, .received?: machine.isFlooding ? .over : machine.isOnline ? .missingOnline : .missingOffline
    default: machine.isFinal || machine.isFlooding ? .over : machine.isOnline ? .openOnline : .openOffline
    }
  }

  private mutating func change(_ name: FleetName, _ body: (inout Machine) -> Void) {
    var machine = machines[name] ?? Machine()
    if machines[name] != nil { counts[standing(of: machine).rawValue] -= 1 }
    guard machines[name] != nil || machines.count < Self.mostMachines else { return }
    body(&machine)
    machines[name] = machine
    counts[standing(of: machine).rawValue] += 1
  }

  private mutating func remove(_ name: FleetName) {
    guard let machine = machines.removeValue(forKey: name) else { return }
    counts[standing(of: machine).rawValue] -= 1
  }
}
