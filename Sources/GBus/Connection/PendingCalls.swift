/// Calls of those of whom it is being asked who they are. How much may wait is bounded, and who has the most of it
/// here is the first to lose it: many calls of one connection are no other's trouble.
struct PendingCalls {
  /// A call, as it came.
  struct Waiting {
    let bytes: [UInt8]
  }

  /// How much waits at most, in bytes, of all together.
  static let most = 4 << 20
  /// What each counts beside its bytes.
  private static let cost = 256

  private var waiting: [String: [Waiting]] = [:]
  private var costs: [String: Int] = [:]
  private(set) var cost = 0

  /// How many wait.
  var count: Int { waiting.values.reduce(0) { $0 + $1.count } }

  /// Whether calls of somebody's wait.
  func has(_ sender: String) -> Bool { waiting[sender] != nil }

  /// Lets a call wait.
  ///
  /// - Returns: the calls that can't wait any more: this one, or others.
  mutating func enter(_ call: Waiting, of sender: String) -> [Waiting] {
    add(call, of: sender)
    var refused: [Waiting] = []
    while cost > Self.most, let largest = costs.max(by: { $0.value < $1.value })?.key, let last = removeLast(largest) {
      refused.append(last)
    }
    return refused
  }

  /// Takes out what waits of somebody's.
  mutating func leave(_ sender: String) -> [Waiting] {
    cost -= costs.removeValue(forKey: sender) ?? 0
    return waiting.removeValue(forKey: sender) ?? []
  }

  private mutating func add(_ call: Waiting, of sender: String) {
    waiting[sender, default: []].append(call)
    costs[sender, default: 0] += Self.cost(of: call)
    cost += Self.cost(of: call)
  }

  private mutating func removeLast(_ sender: String) -> Waiting? {
    guard let last = waiting[sender]?.popLast() else { return nil }
    costs[sender, default: 0] -= Self.cost(of: last)
    cost -= Self.cost(of: last)
    return last
  }

  private static func cost(of call: Waiting) -> Int { call.bytes.count + cost }
}
