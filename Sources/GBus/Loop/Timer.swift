/// A timer that calls back once, on the main loop, unless it is cancelled before.
@MainLoop
public final class Timer {
  let deadline: Deadline
  /// Its place in the ``TimerQueue``, which holds it until it has called back or is cancelled.
  var place: Int?
  /// Whether it has called back.
  private(set) var hasFired = false
  private let action: @MainLoop () -> Void

  /// Calls `action` at the deadline, and not before.
  public init(at deadline: Deadline, _ action: @escaping @MainLoop () -> Void) {
    self.deadline = deadline
    self.action = action
    if deadline < .never { TimerQueue.shared.insert(self) }
  }

  /// Cancels the callback. Does nothing if it was made already.
  public func cancel() { TimerQueue.shared.remove(self) }

  func fire() {
    hasFired = true
    action()
  }
}
