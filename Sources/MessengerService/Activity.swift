internal import GBus

/// Knows when the service has had nothing to do for a while.
@MainLoop
final class Activity {
  /// Called each time that nothing was done for so long.
  var onIdle: (@MainLoop () -> Void)?

  private let timeout: Duration
  private var running = 0
  private var timer: Timer?

  init(timeout: Duration) { self.timeout = timeout }

  /// Whether something is being done.
  var isBusy: Bool { running > 0 }

  /// Does something, which keeps the service from being idle.
  ///
  /// - Throws: what `body` throws.
  /// - Returns: what `body` returns.
  func during<Result: Sendable>(_ body: @MainLoop () async throws -> Result) async rethrows -> Result {
    running += 1
    defer {
      running -= 1
      restart()
    }
    return try await body()
  }

  /// Counts from now on again.
  func restart() {
    timer?.cancel()
    timer = Timer(at: .after(timeout)) { [weak self] in
      guard let self else { return }
      if isBusy { restart() } else { onIdle?() }
    }
  }
}
