import GBus

/// A clock that stands still until its connection was flooded, and then has gone on once: how fast the machine floods,
/// and how fast it reads, makes no difference.
@MainLoop
final class FrozenClock {
  private let start = Deadline.now
  private let gain: Duration
  weak var connection: Connection?

  /// - Parameter gain: how much later it is after the flood; an hour gives all the credit that there can be.
  nonisolated init(gain: Duration = .seconds(3600)) { self.gain = gain }

  /// The time.
  func now() -> Deadline { connection?.isFlooded == true ? start + gain : start }
}
