/// The calls of connections that are being identified. How much may wait is bounded. The connection with the most
/// waiting is the first to lose calls, so that its calls don't affect others.
struct PendingCalls {
  /// A call as it arrived.
  struct Waiting {
    let bytes: [UInt8]
  }

  /// How many bytes may wait in total.
  static let most = 4 << 20
  /// How many bytes each call counts in addition to its own.
  private static let cost = 256

  private var waiting: [String: [Waiting]] = [:]
  private var costs: [String: Int] = [:]
  private(set) var cost = 0

  /// How many calls wait.
  var count: Int { waiting.values.reduce(0) { $0 + $1.count } }

  /// Whether a sender's calls wait.
  func has(_ sender: String) -> Bool { waiting[sender] != nil }

  /// Adds a call.
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

  /// Removes a sender's calls, and returns them.
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
