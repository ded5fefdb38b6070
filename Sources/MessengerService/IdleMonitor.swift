internal import GBus

/// Knows when the service has had nothing to do for a while.
@MainLoop
final class IdleMonitor {
  /// Called each time that nothing was done for so long.
  var onIdle: (@MainLoop () -> Void)?

  private var timeout: Duration
  private var running = 0
  private var timer: Timer?
  private var waiter: CheckedContinuation<Void, Never>?

  init(timeout: Duration) { self.timeout = timeout }

  /// Whether something is being done.
  var isBusy: Bool { running > 0 }

  /// Does something, which keeps the service from being idle.
  ///
  /// - Throws: what `body` throws.
  /// - Returns: what `body` returns.
  func during<Result: Sendable>(_ body: @MainLoop () async throws -> Result) async rethrows -> Result {
    running += 1
    defer { ended() }
    return try await body()
  }

  /// Waits until nothing is being done; to be called once.
  func quiet() async {
    guard isBusy else { return }
    await withCheckedContinuation { waiter = $0 }
  }

  /// Counts from now on again.
  func restart() {
    timer?.cancel()
    timer = Timer(at: .after(timeout)) { [weak self] in
      guard let self else { return }
      if isBusy { restart() } else { onIdle?() }
    }
  }

  /// Calls what is idle so after a shorter while than before.
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
