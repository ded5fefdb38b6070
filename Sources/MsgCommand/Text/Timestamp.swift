import Glibc

/// A moment, to the second.
public struct Timestamp: Sendable, Equatable {
  /// Seconds since 1970, UTC.
  public let seconds: Int

  /// A moment by its number of seconds since 1970, UTC.
  public init(seconds: Int) {
    self.seconds = seconds
  }

  /// The system's clock.
  public static var now: Timestamp { Timestamp(seconds: time(nil)) }

  /// As ISO 8601 has it, in UTC: `2026-11-21T06:15:21Z`.
  public var text: String {
    var moment = time_t(seconds)
    var fields = tm()
    var buffer = [CChar](repeating: 0, count: 32)
    gmtime_r(&moment, &fields)
    let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &fields)
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
