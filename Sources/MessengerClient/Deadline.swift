import Glibc

/// A moment to wait for, by a clock that nobody sets and that goes on while the machine sleeps.
///
/// What `ContinuousClock` does, without the whole of Swift's concurrency, which comes with it into a program.
struct Deadline {
  private let moment: Duration

  /// The moment that comes so long after now.
  static func after(_ duration: Duration) -> Deadline { Deadline(moment: now + duration) }

  /// How long it is until then; zero where it has come.
  var remaining: Duration { max(.zero, moment - Self.now) }

  private static var now: Duration {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
