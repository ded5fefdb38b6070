/// Keeps the order of tasks that wait for the same thing, when that has happened. Those who waited go on in the main
/// loop's next round, so that whoever comes in this one would overtake them.
@MainLoop
public final class RoundFlag {
  private var isSet = false

  /// Makes one for nothing that has happened.
  public nonisolated init() {}

  /// Notes that it happens. Call it before those who wait are resumed.
  public func set() {
    guard !isSet else { return }
    isSet = true
    MainLoop.task { self.isSet = false }
  }

  /// Returns at once or, in the round in which it has happened, behind those who waited.
  public func goOnBehind() async {
    guard isSet else { return }
    // `Task.yield()` would go by way of a thread of Swift's global pool.
    await withCheckedContinuation { continuation in JobQueue.atEnd { continuation.resume() } }
  }
}
