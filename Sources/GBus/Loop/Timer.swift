/// Calls back once, on the main loop, unless it is cancelled before.
@MainLoop
public final class Timer {
  let deadline: Deadline
  /// Its place in the ``TimerQueue``, which holds it until it is over.
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

  /// Takes the call back. Does nothing once it was made.
  public func cancel() { TimerQueue.shared.remove(self) }

  func fire() {
    hasFired = true
    action()
  }
}
