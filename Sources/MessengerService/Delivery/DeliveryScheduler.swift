internal import GBus

/// The queue in which deliveries wait to begin. Few are under way at the same time, and all messages are served in
/// turn. So the first popups of a broadcast appear before its last deliveries begin, and a broadcast delays another
/// message by no more than those few deliveries.
@MainLoop
final class DeliveryScheduler {
  /// How many deliveries are under way at once: enough to keep the session buses busy too.
  private static let most = 32

  /// How long a delivery occupies its place. A delivery that takes longer waits for another process, and the others
  /// need not wait with it.
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

    /// Lets another delivery begin. Called when the popup stands, or never will.
    func leave() {
      timer?.cancel()
      timer = nil
      line?.next()
      line = nil
    }
  }

  private typealias Beginning = @MainLoop (Place) -> Void

  /// The deliveries that wait, by message, and the messages in the order of their turns.
  private var waiting: [UInt64: ArraySlice<Beginning>] = [:]
  private var turns: ArraySlice<UInt64> = []
  private var working = 0

  nonisolated init() {}

  /// Calls `begin` when it is the delivery's turn.
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
