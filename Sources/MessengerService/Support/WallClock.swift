internal import Glibc

/// The time of day, passed in so that tests can set it.
public struct WallClock: Sendable {
  /// Returns the milliseconds since 1970.
  var milliseconds: @Sendable () -> UInt64
  /// The seconds since 1970.
  var seconds: UInt64 { milliseconds() / 1000 }

  /// Returns the local time, as `14:05:32`.
  var time: @Sendable () -> String

  /// The machine's own clock and time zone.
  public static let system = WallClock(
    milliseconds: {
      var now = timespec()
      clock_gettime(CLOCK_REALTIME, &now)
      return UInt64(now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000
    },
    time: {
      var now = Glibc.time(nil)
      var local = tm()
      localtime_r(&now, &local)
      return [local.tm_hour, local.tm_min, local.tm_sec]
        .map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    })
}
