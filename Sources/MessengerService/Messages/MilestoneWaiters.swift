internal import GBus

/// Who waits until a message has reached a milestone.
@MainLoop
struct MilestoneWaiters {
  private var waiters: [(milestone: Message.Milestone, continuation: CheckedContinuation<Void, Never>)] = []
  /// Whether nobody waits any more, because the service ends.
  private(set) var areLetGo = false

  nonisolated init() {}

  /// Adds one.
  mutating func add(_ continuation: CheckedContinuation<Void, Never>, until milestone: Message.Milestone) {
    waiters.append((milestone, continuation))
  }

  /// Ends the waits for the milestones that have been reached.
  mutating func resume(where hasReached: (Message.Milestone) -> Bool) {
    guard waiters.contains(where: { hasReached($0.milestone) }) else { return }
    let met = waiters.filter { hasReached($0.milestone) }
    waiters.removeAll { hasReached($0.milestone) }
    for waiter in met { waiter.continuation.resume() }
  }

  /// Ends all waits, and those to come.
  mutating func letGo() {
    areLetGo = true
    for waiter in waiters { waiter.continuation.resume() }
    waiters = []
  }
}
