/// A rate limit that permits short bursts: each event takes a token from a bucket, which refills at an even pace. It
/// has no clock: the time is passed in.
///
/// It stores the time at which the bucket will be full again (the "generic cell rate algorithm" of ATM's Traffic
/// Management Specification), so that nothing has to be done as time passes.
public struct TokenBucket: Sendable, Equatable {
  /// The time in which one token is added.
  private let interval: Duration
  /// The time in which the empty bucket becomes full.
  private let fillTime: Duration
  private var full: Deadline

  /// Makes a full bucket.
  ///
  /// - Parameters:
  ///   - perMinute: how many tokens are added in a minute, at least 1.
  ///   - burst: how many tokens the bucket holds, at least 1.
  ///   - now: the time.
  public init(perMinute: UInt32, burst: UInt32, at now: Deadline) {
    interval = .seconds(60) / Int(perMinute)
    fillTime = interval * Int(burst)
    full = now
  }

  /// Takes tokens, if there are enough.
  ///
  /// - Parameters:
  ///   - count: how many to take.
  ///   - rest: how many must be left afterwards.
  ///   - now: the time.
  /// - Returns: `nil` if there were enough, otherwise the time until there will be. A request for more tokens than the
  ///   bucket holds never succeeds.
  public mutating func take(_ count: Int = 1, leaving rest: Int = 0, at now: Deadline) -> Duration? {
    let fullThen = max(full, now) + interval * count
    let missing = (fullThen - now) + interval * rest - fillTime
    guard missing <= .zero else { return missing }
    full = fullThen
    return nil
  }

  /// Whether the bucket is full, so that it need not be remembered.
  public func isFull(at now: Deadline) -> Bool { full <= now }
}
