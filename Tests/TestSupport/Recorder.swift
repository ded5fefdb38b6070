package import GBus

/// What came in, for a test that waits for it.
@MainLoop
package final class Recorder<Element: Sendable> {
  package private(set) var elements: [Element] = []
  private var waiter: (count: Int, continuation: CheckedContinuation<Void, Never>)?

  package init() {}

  package func record(_ element: Element) {
    elements.append(element)
    guard let waiter, elements.count >= waiter.count else { return }
    self.waiter = nil
    waiter.continuation.resume()
  }

  /// Waits until so many came.
  package func wait(for count: Int) async {
    guard elements.count < count else { return }
    await withCheckedContinuation { waiter = (count, $0) }
  }
}
