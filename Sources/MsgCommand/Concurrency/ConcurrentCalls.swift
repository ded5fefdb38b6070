import MessengerClient

/// Several machines that are asked at once: one that is slow or dead delays no other.
enum ConcurrentCalls {
  /// So many threads, and ssh processes, at the most.
  private static let limit = 64

  private enum Event<News: Sendable>: Sendable {
    case news(Int, News)
    case end
  }

  /// Works on each item, on threads beside this one where there are several.
  ///
  /// - Parameters:
  ///   - items: what is to be worked on.
  ///   - work: does it; may block. It is handed a function that takes its news.
  ///   - onNews: takes an item's index and its news, on this thread, in the order in which each item tells it.
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

  /// Starts a thread for one piece of work; without another thread to be had, does it here.
  private static func onOwnThread(_ work: @escaping @Sendable () -> Void) {
    do { try WorkThread.start(work) } catch { work() }
  }
}
