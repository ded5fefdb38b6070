internal import GBus

/// Notices when the service has had nothing to do for a certain time.
@MainLoop
final class IdleMonitor {
  /// Called each time that the service was idle for that time.
  var onIdle: (@MainLoop () -> Void)?

  private var timeout: Duration
  private var running = 0
  private var timer: Timer?
  private var waiter: CheckedContinuation<Void, Never>?

  init(timeout: Duration) { self.timeout = timeout }

  /// Whether any work is under way.
  var isBusy: Bool { running > 0 }

  /// Runs `body`. The service isn't idle meanwhile.
  ///
  /// - Throws: what `body` throws.
  /// - Returns: what `body` returns.
  func during<Result: Sendable>(_ body: @MainLoop () async throws -> Result) async rethrows -> Result {
    running += 1
    defer { ended() }
    return try await body()
  }

  /// Waits until no work is under way. May be called once.
  func quiet() async {
    guard isBusy else { return }
    await withCheckedContinuation { waiter = $0 }
  }

  /// Starts the idle time anew.
  func restart() {
    timer?.cancel()
    timer = Timer(at: .after(timeout)) { [weak self] in
      guard let self else { return }
      if isBusy { restart() } else { onIdle?() }
    }
  }

  /// Shortens the idle time, and starts it anew.
  func hurry(_ timeout: Duration) {
    self.timeout = min(self.timeout, timeout)
    restart()
  }

  private func ended() {
    running -= 1
    restart()
    guard !isBusy else { return }
    waiter?.resume()
    waiter = nil
  }
}
