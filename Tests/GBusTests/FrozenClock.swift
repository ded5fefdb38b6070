import GBus

/// A clock that stands still until its connection is flooded, and then advances once. How fast the machine floods or
/// reads makes no difference.
@MainLoop
final class FrozenClock {
  private let start = Deadline.now
  private let gain: Duration
  weak var connection: Connection?

  /// - Parameter gain: how far it advances after the flood; an hour gives the most credit.
  nonisolated init(gain: Duration = .seconds(3600)) { self.gain = gain }

  /// The time.
  func now() -> Deadline { connection?.isFlooded == true ? start + gain : start }
}
