internal import CGIO

/// Threads for work that may block. There are a few as long as the work proceeds, and one more each time that it
/// doesn't.
@MainLoop
final class BlockingThreads {
  static let shared = BlockingThreads()

  private static let fewest: Int32 = 2
  /// How long no work may have begun before a thread is added.
  private static let timeout: Duration = .milliseconds(5)

  private let pool: UnsafeMutablePointer<GThreadPool>?
  private var most = fewest
  private var pushed = 0
  private var begunBefore = 0
  private var watch: Timer?

  private init() {
    pool = g_thread_pool_new(perform, nil, Self.fewest, 0, nil)
  }

  /// Does some work as soon as there is a thread for it.
  func run(_ work: @escaping @Sendable () -> Void) {
    pushed += 1
    // If no thread can be made now, the work waits for one.
    g_thread_pool_push(pool, Box(work).retainedPointer(), nil)
    if watch == nil { watchOver() }
  }

  private func watchOver() {
    watch = Timer(at: .after(Self.timeout)) { self.look() }
  }

  private func look() {
    let waiting = Int(g_thread_pool_unprocessed(pool))
    let begun = pushed - waiting
    if waiting == 0 {
      watch = nil
      setMost(Self.fewest)
    } else {
      if begun == begunBefore { setMost(most + 1) }
      watchOver()
    }
    begunBefore = begun
  }

  private func setMost(_ count: Int32) {
    guard most != count else { return }
    most = count
    g_thread_pool_set_max_threads(pool, count, nil)
  }
}

/// Outside the actor, so that the C closure is outside it too. It runs on other threads, where one of the actor's would
/// trap.
private let perform: GFunc = { work, _ in Box<@Sendable () -> Void>.take(work)?() }
