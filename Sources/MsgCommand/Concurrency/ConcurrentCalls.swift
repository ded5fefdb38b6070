import MessengerClient
import Platform

/// Calls several machines at the same time, so that a slow or dead one delays no other.
enum ConcurrentCalls {
  /// The most threads, and so ssh processes, at the same time.
  private static let limit = 64

  private enum Event<News: Sendable>: Sendable {
    case news(Int, News)
    case end
  }

  /// Works on each item. Several items have threads of their own; a single one is worked on here.
  ///
  /// - Parameters:
  ///   - items: the items.
  ///   - work: works on an item, and may block. It reports news through the function that it gets.
  ///   - onNews: gets an item's index and its news, on the calling thread. The news of one item keep their order.
  static func run<Item: Sendable, News: Sendable>(
    _ items: [Item], work: @escaping @Sendable (Item, (News) -> Void) -> Void, onNews: (Int, News) -> Void
  ) {
    guard items.count > 1 else {
      for (index, item) in items.enumerated() { work(item) { onNews(index, $0) } }
      return
    }
    let queue = BlockingQueue<Event<News>>()
    var waiting = Array(items.enumerated())[...]
    var running = 0
    func startNext() {
      guard let (index, item) = waiting.popFirst() else { return }
      running += 1
      onOwnThread {
        work(item) { queue.put(.news(index, $0)) }
        queue.put(.end)
      }
    }
    for _ in 0..<limit { startNext() }
    while running > 0 {
      switch queue.take() {
      case .news(let index, let news): onNews(index, news)
      case .end:
        running -= 1
        startNext()
      }
    }
  }

  /// Does one piece of work on a thread of its own, or here if no thread can be started.
  private static func onOwnThread(_ work: @escaping @Sendable () -> Void) {
    do { try WorkThread.start(work) } catch { work() }
  }
}
