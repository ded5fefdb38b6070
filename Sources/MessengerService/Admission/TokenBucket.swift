internal import GBus

/// A rate that may be exceeded for a moment: a bucket of tokens, one of which is taken each time, and which fills again
/// at an even pace. It has no clock: the time is passed in.
///
/// What is kept is the moment at which the bucket is full again (the "generic cell rate algorithm" of ATM's Traffic
/// Management Specification), so that nothing has to be done as time passes.
struct TokenBucket: Sendable, Equatable {
  /// How long it takes until there is one token more.
  private let interval: Duration
  /// How long it takes to fill the empty bucket.
  private let fillTime: Duration
  private var full: Deadline

  /// A full bucket.
  ///
  /// - Parameters:
  ///   - perMinute: how many tokens come in a minute, at least 1.
  ///   - burst: how many it holds, at least 1.
  ///   - now: the time.
  init(perMinute: UInt32, burst: UInt32, at now: Deadline) {
    interval = .seconds(60) / Int(perMinute)
    fillTime = interval * Int(burst)
    full = now
  }

  /// Takes a token, or so many at once, where they are there.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - rest: how many have to be there beside them.
  ///   - now: the time.
  /// - Returns: `nil` where they were there, else how long it takes until they are; of more than it holds, that is
  ///   never so.
  mutating func take(_ count: Int = 1, leaving rest: Int = 0, at now: Deadline) -> Duration? {
    let fullThen = max(full, now) + interval * count
    let missing = (fullThen - now) + interval * rest - fillTime
    guard missing <= .zero else { return missing }
    full = fullThen
    return nil
  }

  /// Whether nothing is missing, so that it need not be remembered.
  func isFull(at now: Deadline) -> Bool { full <= now }
}
