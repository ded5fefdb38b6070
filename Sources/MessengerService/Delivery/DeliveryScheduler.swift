internal import GBus

/// Where deliveries wait to begin: few are at work at the same time, and all messages are served in turn. So the first
/// popups of a broadcast are up before the last are begun, and it delays nobody else's message by more than those few.
@MainLoop
final class DeliveryScheduler {
  /// How many deliveries are at work: enough to keep the session buses busy too.
  private static let most = 32

  /// For how long a delivery is taken to be at work. One that takes longer waits for somebody else, at whom the others
  /// need not wait.
  private static let placeTimeout: Duration = .milliseconds(20)

  /// A delivery that has begun.
  @MainLoop
  final class Place {
    private weak var line: DeliveryScheduler?
    private var timer: Timer?

    fileprivate init(in line: DeliveryScheduler) {
      self.line = line
      timer = Timer(at: .after(DeliveryScheduler.placeTimeout)) { [weak self] in self?.leave() }
    }

    /// Lets another one begin; to be called when the popup stands, or never will.
    func leave() {
      timer?.cancel()
      timer = nil
      line?.next()
      line = nil
    }
  }

  private typealias Beginning = @MainLoop (Place) -> Void

  /// What waits, by message; and the messages, the one first whose turn it is.
  private var waiting: [UInt64: ArraySlice<Beginning>] = [:]
  private var turns: ArraySlice<UInt64> = []
  private var working = 0

  nonisolated init() {}

  /// Calls `begin` when it is its turn.
  func enter(for message: UInt64, _ begin: @escaping @MainLoop (Place) -> Void) {
    if waiting[message] == nil { turns.append(message) }
    waiting[message, default: []].append(begin)
    beginSome()
  }

  private func next() {
    working -= 1
    beginSome()
  }

  private func beginSome() {
    while working < Self.most, let message = turns.popFirst(), let begin = waiting[message]?.popFirst() {
      if waiting[message]?.isEmpty == false { turns.append(message) } else { waiting[message] = nil }
      working += 1
      begin(Place(in: self))
    }
  }
}
