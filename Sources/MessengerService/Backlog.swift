internal import GBus

/// Works through what is appended, in that order, a few at a time, and what is appended again before its turn once: a
/// thousand tasks that wait for their turn would cost more than what they bring.
@MainLoop
final class Backlog<Item: Hashable & Sendable> {
  private let most: Int
  private let work: @MainLoop (Item) async -> Void
  private var items: ArraySlice<Item> = []
  private var waiting: Set<Item> = []
  private var workers = 0
  private var waiters: [CheckedContinuation<Void, Never>] = []

  /// - Parameters:
  ///   - most: how many are worked on at the same time.
  ///   - work: is called with each.
  nonisolated init(atOnce most: Int, _ work: @escaping @MainLoop @Sendable (Item) async -> Void) {
    self.most = most
    self.work = work
  }

  /// Puts something at the end, unless it waits already.
  func append(_ item: Item) {
    guard waiting.insert(item).inserted else { return }
    items.append(item)
    guard workers < most else { return }
    workers += 1
    MainLoop.task { await self.workOn() }
  }

  /// Waits until nothing is left.
  func done() async {
    while workers > 0 { await withCheckedContinuation { waiters.append($0) } }
  }

  private func workOn() async {
    while let item = items.popFirst() {
      waiting.remove(item)
      await work(item)
    }
    workers -= 1
    guard workers == 0 else { return }
    for waiter in waiters { waiter.resume() }
    waiters = []
  }
}
