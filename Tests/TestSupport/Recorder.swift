package import GBus

/// Records what arrives, for a test that waits for it.
@MainLoop
package final class Recorder<Element: Sendable> {
  package private(set) var elements: [Element] = []
  private var waiter: (count: Int, continuation: CheckedContinuation<Void, Never>)?

  package init() {}

  package func record(_ element: Element) {
    elements.append(element)
    if let waiter, elements.count >= waiter.count { endWait() }
  }

  /// Waits until a number of elements has arrived, or the test is cancelled, as it is at its time limit.
  package func wait(for count: Int) async {
    guard elements.count < count else { return }
    await withTaskCancellationHandler {
      await withCheckedContinuation { waiter = (count, $0) }
    } onCancel: {
      MainLoop.task { self.endWait() }
    }
  }

  private func endWait() {
    waiter?.continuation.resume()
    waiter = nil
  }
}
