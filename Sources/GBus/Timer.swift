internal import CGIO

/// Calls back once, on the main loop, unless it is cancelled before.
@MainLoop
public final class Timer {
  private var source: guint = 0

  /// Calls `action` at the deadline, and not a millisecond before.
  public init(at deadline: Deadline, _ action: @escaping @MainLoop () -> Void) {
    let fire: @MainLoop () -> Void = { [weak self] in
      self?.source = 0
      action()
    }
    source = g_timeout_add_full(
      G_PRIORITY_DEFAULT, guint(deadline.milliseconds),
      { data in
        Box<@MainLoop () -> Void>.peek(data)?()
        return 0
      }, Box(fire).retainedPointer(), Box<@MainLoop () -> Void>.release)
  }

  /// Takes the call back. Does nothing once it was made.
  public func cancel() {
    guard source != 0 else { return }
    g_source_remove(source)
    source = 0
  }
}
