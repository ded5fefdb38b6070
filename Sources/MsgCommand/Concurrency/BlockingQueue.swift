import Glibc
import Synchronization

/// A queue from several threads to one thread that waits for elements.
final class BlockingQueue<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])
  /// Counts the elements. Written once, in `init`, and safe to share by its nature (sem_overview(7)).
  nonisolated(unsafe) private let semaphore: UnsafeMutablePointer<sem_t>

  init() {
    semaphore = .allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  /// Puts an element in, from any thread.
  func put(_ element: Element) {
    elements.withLock { $0.append(element) }
    sem_post(semaphore)
  }

  /// Takes the oldest element. Waits if there is none.
  func take() -> Element {
    while sem_wait(semaphore) != 0 {}
    return elements.withLock { $0.removeFirst() }
  }
}
