/// How long to wait before a connection is made again: a second, and twice as long each time, up to a minute. A half
/// more or less by chance keeps ten thousand machines from coming back in the same second.
struct ReconnectDelay {
  private static let first: Duration = .seconds(1)
  private static let longest: Duration = .seconds(60)
  /// The wait for a client whose id another one uses: they would push each other out.
  private static let afterTakeover: Duration = .seconds(300)

  private var delay = first

  /// The next delay.
  mutating func next() -> Duration {
    defer { delay = delay == Self.afterTakeover ? delay : min(delay * 2, Self.longest) }
    return delay * Double.random(in: 0.5...1.5)
  }

  /// Starts from the beginning: the broker has accepted a connection.
  mutating func reset() { delay = Self.first }

  /// Waits long the next time.
  mutating func wait() { delay = Self.afterTakeover }
}
