internal import GBus

/// A queue of items, worked through in order, a few at a time. An item that is appended again before its turn is worked
/// on once. Without a queue, a thousand waiting tasks would cost more than the work itself.
@MainLoop
final class WorkQueue<Item: Hashable & Sendable> {
  private let most: Int
  private let work: @MainLoop (Item) async -> Void
  /// The waiting items, each with its number in the order of arrival.
  private var items: ArraySlice<(item: Item, number: Int)> = []
  private var waiting: Set<Item> = []
  /// The numbers of the items that are being worked on.
  private var working: Set<Int> = []
  private var workers = 0
  private var last = 0
  private let released = RoundFlag()
  private var waiters: [(number: Int, continuation: CheckedContinuation<Void, Never>)] = []

  /// - Parameters:
  ///   - most: how many items are worked on at the same time.
  ///   - work: called with each item.
  nonisolated init(atOnce most: Int, _ work: @escaping @MainLoop @Sendable (Item) async -> Void) {
    self.most = most
    self.work = work
  }

  /// Appends an item, unless it waits already.
  func append(_ item: Item) {
    guard waiting.insert(item).inserted else { return }
    last += 1
    items.append((item, last))
    guard workers < most else { return }
    workers += 1
    MainLoop.task { await self.workOn() }
  }

  /// Whether no item waits or is being worked on.
  var isEmpty: Bool { items.isEmpty && working.isEmpty }

  /// Waits until all items appended so far are done. Later items don't count, because others may append without end.
  func done() async {
    guard !isEmpty else { return await released.goOnBehind() }
    await withCheckedContinuation { waiters.append((last, $0)) }
  }

  /// The number of the first item that isn't done.
  private var first: Int? { [working.min(), items.first?.number].compactMap(\.self).min() }

  private func workOn() async {
    while let (item, number) = items.popFirst() {
      waiting.remove(item)
      working.insert(number)
      await work(item)
      working.remove(number)
      release()
    }
    workers -= 1
  }

  private func release() {
    guard !waiters.isEmpty else { return }
    let first = first ?? .max
    let free = waiters.filter { $0.number < first }
    guard !free.isEmpty else { return }
    waiters.removeAll { $0.number < first }
    released.set()
    for waiter in free { waiter.continuation.resume() }
  }
}
