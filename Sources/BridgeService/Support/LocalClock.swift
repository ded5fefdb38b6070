internal import Glibc

/// The time of day and the machine's time zone, passed in so that tests can set them.
struct LocalClock: Sendable {
  /// A point in time as a calendar and a clock on the wall show it.
  struct Reading: Sendable, Equatable {
    /// The date, in ISO 8601: `2026-11-29`.
    var date: String
    /// The time, to the minute: `18:00`.
    var time: String
  }

  /// The microseconds since 1970.
  var now: @Sendable () -> UInt64
  /// Returns what a point shows, given in seconds since 1970.
  var reading: @Sendable (UInt64) -> Reading

  /// The machine's own clock and time zone.
  static let system = LocalClock(
    now: {
      var now = timespec()
      clock_gettime(CLOCK_REALTIME, &now)
      return UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000
    },
    reading: { seconds in
      var point = time_t(clamping: seconds)
      var local = tm()
      localtime_r(&point, &local)
      func digits(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
      return Reading(
        date: "\(1900 + Int(local.tm_year))-\(digits(local.tm_mon + 1))-\(digits(local.tm_mday))",
        time: "\(digits(local.tm_hour)):\(digits(local.tm_min))")
    })
}
