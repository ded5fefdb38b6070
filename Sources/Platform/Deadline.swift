import Glibc

/// A point on the monotonic clock (`CLOCK_MONOTONIC`, as GLib's timers use): setting the wall clock doesn't move it,
/// and it stands still while the machine sleeps.
///
/// It stands still for popups: whoever opens a laptop's lid finds a popup with the time that was left, not one that has
/// expired unseen. What waits for an answer of another process, which slept too, is right by the same clock.
/// `ContinuousClock` would bring the whole of Swift's concurrency into a program.
public struct Deadline: Sendable, Comparable {
  /// What the clock shows then.
  public let microseconds: Int64

  private init(microseconds: Int64) { self.microseconds = microseconds }

  /// Now.
  public static var now: Deadline {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Deadline(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  /// A point that never comes.
  public static let never = Deadline(microseconds: .max)

  /// The point that comes so long after now.
  public static func after(_ duration: Duration) -> Deadline { now + duration }

  /// The point that comes so long after another.
  public static func + (point: Deadline, duration: Duration) -> Deadline {
    Deadline(microseconds: point.microseconds + duration.microseconds)
  }

  /// What lies between two points.
  public static func - (later: Deadline, earlier: Deadline) -> Duration {
    .microseconds(later.microseconds - earlier.microseconds)
  }

  /// Whether one point comes before another.
  public static func < (left: Deadline, right: Deadline) -> Bool { left.microseconds < right.microseconds }

  /// How long it is until then; zero where it has come.
  public var remaining: Duration { max(.zero, self - .now) }

  /// Milliseconds from a point until this one, rounded up, and at least 1: GLib reads 0 and less as "no limit" or
  /// "default".
  public func milliseconds(from now: Deadline) -> Int32 {
    let left = microseconds - now.microseconds
    return Int32(clamping: max(1, (left + 999) / 1000))
  }
}

extension Duration {
  /// The duration in whole microseconds.
  public var microseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
  }

  /// The duration in seconds.
  public var seconds: Double { Double(microseconds) / 1_000_000 }
}
