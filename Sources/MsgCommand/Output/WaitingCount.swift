import MessengerClient
import MessengerContract
import Platform

/// Counts what has become of a message's deliveries, for the line that `/W` shows while it waits: `12 acknowledged · 3
/// dismissed · 25 waiting · 0:42 left`.
struct WaitingCount {
  /// A session on one of the machines.
  private struct Place: Hashable {
    let machine: Int
    let session: String
  }

  private struct Entry {
    let state: DeliveryState
    /// When its time is over. `never` if the popup stays until it is answered.
    let end: Deadline
  }

  /// The largest number of deliveries that a sender counts at a glance. The line is for more.
  private static let glance = 3

  private var entries: [Place: Entry] = [:]
  private var fleets: [Int: FleetCount] = [:]
  /// The machines that have said nothing yet.
  private var silent: Set<Int>
  /// The machines that haven't answered for good.
  private var open: Set<Int>

  /// - Parameter machines: how many machines the message goes to.
  init(machines: Int) {
    silent = Set(0..<machines)
    open = silent
  }

  /// Notes the states of some deliveries. Those without a session count only while they are held.
  ///
  /// The time of a delivery begins with each change to `pending` or `shown`, as far as the sender is told: by the end
  /// of its timeout it has ended, or changed again. For a popup that gave way to another one, or whose screen was
  /// locked meanwhile, this is more than it gets. Nobody knows how long one lasts that was put off.
  ///
  /// - Parameters:
  ///   - deliveries: the deliveries, from a change or from the answer.
  ///   - machine: the machine's index.
  ///   - now: the time.
  mutating func note(_ deliveries: [Delivery], on machine: Int, at now: Deadline) {
    silent.remove(machine)
    for delivery in deliveries {
      let held = Place(machine: machine, session: "held for \(delivery.userName)")
      entries[held] = nil
      if delivery.state == .held { entries[held] = Entry(state: .held, end: .never) }
      guard !delivery.sessionID.isEmpty else { continue }
      let seconds = delivery.details.timeout ?? 0
      entries[Place(machine: machine, session: delivery.sessionID)] = Entry(
        state: delivery.state, end: seconds == 0 || delivery.state == .deferred ? .never : now + .seconds(seconds))
    }
  }

  /// Notes how the message stands in a fleet, which counts as a machine here.
  mutating func note(_ fleet: FleetCount, on machine: Int) {
    silent.remove(machine)
    fleets[machine] = fleet
  }

  /// Notes that a machine has answered, or failed. Nothing there is waited for any more.
  mutating func end(_ machine: Int) {
    silent.remove(machine)
    open.remove(machine)
    entries = entries.filter { $0.key.machine != machine || $0.value.state.isFinal }
  }

  /// Whether there are enough deliveries to count, and an answer is waited for.
  ///
  /// False until each machine has been heard of. Until then ssh may ask for passwords on the terminal, and say why it
  /// can't connect.
  var isWorthALine: Bool {
    (entries.count > Self.glance || fleets.values.contains { $0.line != nil }) && silent.isEmpty && !open.isEmpty
  }

  /// The count as one line, without the zeros. It is nil if it isn't worth a line.
  ///
  /// - Parameter now: the time.
  /// - Returns: the line, in printable characters.
  func line(at now: Deadline) -> String? {
    guard isWorthALine else { return nil }
    let counts = Dictionary(grouping: entries.values) { Self.word(for: $0.state) }
    var parts = Self.words.compactMap { word in counts[word].map { "\($0.count) \(word)" } }
    if let left = timeLeft(at: now) { parts.append("\(left) left") }
    parts = fleets.sorted { $0.key < $1.key }.compactMap(\.value.line) + parts
    return parts.joined(separator: " · ")
  }

  /// The time until the last popup's is over, in minutes and seconds, rounded up. Nil if one stays until it is
  /// answered, and if none stands.
  private func timeLeft(at now: Deadline) -> String? {
    let ends = entries.values.filter { !$0.state.isFinal }.map(\.end)
    guard let last = ends.max(), last != .never else { return nil }
    let seconds = max(0, ((last - now).microseconds + 999_999) / 1_000_000)
    return "\(seconds / 60):" + (seconds % 60 < 10 ? "0" : "") + "\(seconds % 60)"
  }

  /// The words in the order of the line.
  private static let words = [
    "acknowledged", "dismissed", "timed out", "withdrawn", "written", "not reached", "waiting",
  ]

  private static func word(for state: DeliveryState) -> String {
    switch state {
    case .acknowledged: "acknowledged"
    case .dismissed: "dismissed"
    case .expired: "timed out"
    case .withdrawn: "withdrawn"
    case .written: "written"
    case .sessionClosed, .suppressed, .muted, .failed: "not reached"
    case .held, .pending, .shown, .deferred: "waiting"
    }
  }
}
