internal import CGIO

/// Calls back once, on the main loop, unless it is cancelled before.
@MainLoop
public final class Timer {
  private var source: guint = 0

  /// Calls `action` at the deadline, and not before.
  public init(at deadline: Deadline, _ action: @escaping @MainLoop () -> Void) {
    let fire: @MainLoop () -> Void = { [weak self] in
      self?.source = 0
      action()
    }
    // An interval of GLib's ends after 49 days; a point in time has no such end.
    let timeout = g_timeout_source_new(guint.max)
    g_source_set_ready_time(timeout, gint64(deadline.microseconds))
    g_source_set_callback(
      timeout,
      { data in
        Box<@MainLoop () -> Void>.peek(data)?()
        return 0
      }, Box(fire).retainedPointer(), Box<@MainLoop () -> Void>.release)
    source = g_source_attach(timeout, nil)
    g_source_unref(timeout)
  }

  /// Takes the call back. Does nothing once it was made.
  public func cancel() {
    guard source != 0 else { return }
    g_source_remove(source)
    source = 0
  }
}
