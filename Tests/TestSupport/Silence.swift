package import GBus

/// An answer that never comes. Tasks that wait for it go on when their test is over.
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

  /// Resumes all tasks that wait.
  package func end() {
    isOver = true
    for waiter in waiters { waiter.resume() }
    waiters = []
  }
}
