import Glibc

/// A time that a sender names: a duration from now, or the next time that a clock shows something.
enum TimeAhead: Equatable {
  /// So many seconds after sending.
  case after(seconds: UInt32)
  /// The next time that the sender's clock shows this, in seconds since midnight.
  case timeOfDay(seconds: Int)

  /// Reads a duration (``TimeSpan``), or a time of day: `18:00` or `18:00:30`. `nil` if it is neither, or no time.
  init?(_ text: String) {
    if let seconds = Self.timeOfDay(text) {
      self = .timeOfDay(seconds: seconds)
    } else if let span = TimeSpan(text), span.seconds > 0 {
      self = .after(seconds: span.seconds)
    } else {
      return nil
    }
  }

  private static func timeOfDay(_ text: String) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), parts[0].utf8.count <= 2,
      parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      parts.dropFirst().allSatisfy({ $0.utf8.count == 2 })
    else { return nil }
    let numbers = parts.compactMap { Int($0) }
    guard numbers.count == parts.count, numbers[0] < 24, numbers.dropFirst().allSatisfy({ $0 < 60 }) else { return nil }
    return numbers[0] * 3600 + numbers[1] * 60 + (numbers.count > 2 ? numbers[2] : 0)
  }

  /// Returns the time in seconds since 1970.
  func time(from now: Timestamp) -> UInt64 {
    switch self {
    case .after(let seconds): return UInt64(now.seconds) + UInt64(seconds)
    case .timeOfDay(let seconds):
      let today = Self.local(seconds, onDayOf: now, plus: 0)
      return UInt64(max(0, today > now.seconds ? today : Self.local(seconds, onDayOf: now, plus: 1)))
    }
  }

  /// Returns when the clock of the local time zone shows a time of day.
  private static func local(_ seconds: Int, onDayOf now: Timestamp, plus days: Int32) -> Int {
    var moment = time_t(now.seconds)
    var fields = tm()
    localtime_r(&moment, &fields)
    fields.tm_mday += days
    (fields.tm_hour, fields.tm_min, fields.tm_sec) = (
      Int32(seconds / 3600), Int32(seconds / 60 % 60), Int32(seconds % 60)
    )
    fields.tm_isdst = -1
    return mktime(&fields)
  }
}
