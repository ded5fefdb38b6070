import Glibc

/// A point on the monotonic clock (`CLOCK_MONOTONIC`, which GLib's timers use). Setting the wall clock doesn't move it,
/// and it stands still while the machine sleeps.
///
/// It stands still for the sake of popups: a user who opens a laptop's lid finds a popup with the time that was left,
/// not one that has expired unseen. The same clock is right for answers of other processes, because these slept too.
/// `ContinuousClock` would add all of Swift's concurrency to a program.
public struct Deadline: Sendable, Comparable {
  /// The clock's reading at that point.
  public let microseconds: Int64

  private init(microseconds: Int64) { self.microseconds = microseconds }

  /// The current time.
  public static var now: Deadline {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Deadline(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  /// A point that is never reached.
  public static let never = Deadline(microseconds: .max)

  /// Returns the point after a duration from now.
  public static func after(_ duration: Duration) -> Deadline { now + duration }

  /// Returns the point after a duration from another point.
  public static func + (point: Deadline, duration: Duration) -> Deadline {
    Deadline(microseconds: point.microseconds + duration.microseconds)
  }

  /// Returns the time between two points.
  public static func - (later: Deadline, earlier: Deadline) -> Duration {
    .microseconds(later.microseconds - earlier.microseconds)
  }

  /// Whether one point comes before another.
  public static func < (left: Deadline, right: Deadline) -> Bool { left.microseconds < right.microseconds }

  /// The time until this point; zero if it has passed.
  public var remaining: Duration { max(.zero, self - .now) }

  /// Returns the milliseconds from another point until this one, rounded up, and at least 1, because GLib reads 0 and
  /// less as "no limit" or "default".
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
