package import GBus

/// The answer that never comes: what waits for it, goes on when its test is over.
@MainLoop
package final class Silence {
  private var isOver = false
  private var waiters: [CheckedContinuation<Void, Never>] = []

  package nonisolated init() {}

  /// Waits for the end of the test.
  package func wait() async {
    guard !isOver else { return }
    await withCheckedContinuation { waiters.append($0) }
  }

  /// Lets go of all that waits.
  package func end() {
    isOver = true
    for waiter in waiters { waiter.resume() }
    waiters = []
  }
}
