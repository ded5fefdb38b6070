import Glibc

/// A point in time, in whole seconds.
public struct Timestamp: Sendable, Equatable {
  /// Seconds since 1970, UTC.
  public let seconds: Int

  /// The time this many seconds after 1970, UTC.
  public init(seconds: Int) {
    self.seconds = seconds
  }

  /// The time of the system's clock.
  public static var now: Timestamp { Timestamp(seconds: time(nil)) }

  /// The time in the format of ISO 8601, in UTC: `2026-11-21T06:15:21Z`.
  public var text: String {
    var moment = time_t(seconds)
    var fields = tm()
    var buffer = [CChar](repeating: 0, count: 32)
    gmtime_r(&moment, &fields)
    let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &fields)
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The time on the clock of the local time zone, with the day if it isn't that of `now`: `18:00`, or
  /// `2026-11-22 09:00`.
  func clock(seenAt now: Timestamp) -> String {
    let (own, other) = (Self.local(seconds), Self.local(now.seconds))
    return own.prefix(10) == other.prefix(10) ? String(own.dropFirst(11)) : own
  }

  private static func local(_ seconds: Int) -> String {
    var moment = time_t(seconds)
    var fields = tm()
    var buffer = [CChar](repeating: 0, count: 32)
    localtime_r(&moment, &fields)
    let count = strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M", &fields)
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
