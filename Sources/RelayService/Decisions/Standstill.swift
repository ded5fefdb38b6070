internal import Glibc
internal import Platform

/// Notices that this machine has slept, or that this process was stopped: a laptop's lid was closed, a container was
/// frozen. Then the broker has gone on without it.
struct Standstill: Sendable {
  /// How late a timer is on a busy machine at most.
  private static let patience: Duration = .seconds(2)

  private var slept: Duration

  /// - Parameter slept: how long the machine has slept since it started.
  init(slept: Duration = Self.slept) { self.slept = slept }

  /// Whether there was one since the last question.
  ///
  /// - Parameters:
  ///   - due: when a timer should have fired whose time it is; nil if there was none.
  ///   - now: the time.
  ///   - slept: how long the machine has slept since it started.
  /// - Returns: whether it is time to ask the broker what has become of the rest.
  mutating func happened(since due: Deadline?, now: Deadline = .now, slept: Duration = Self.slept) -> Bool {
    defer { self.slept = slept }
    return slept - self.slept >= .seconds(1) || due.map { now - $0 > Self.patience } ?? false
  }

  /// `CLOCK_BOOTTIME` goes on while the machine sleeps, and `CLOCK_MONOTONIC` stands still (clock_gettime(2)).
  static var slept: Duration {
    var (all, awake) = (timespec(), timespec())
    clock_gettime(CLOCK_BOOTTIME, &all)
    clock_gettime(CLOCK_MONOTONIC, &awake)
    return .seconds(all.tv_sec - awake.tv_sec) + .nanoseconds(all.tv_nsec - awake.tv_nsec)
  }
}
