internal import CGIO

/// Runs Swift jobs on GLib's default main context: each is an idle source of default priority, so that jobs keep their order
/// and stand in line with GLib's own events.
final class MainContextExecutor: SerialExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    schedule(UnownedJob(job)) { data in
      unownedJob(data).runSynchronously(on: MainLoop.executor.asUnownedSerialExecutor())
      return 0
    }
  }

  /// Lets a C callback that GLib makes on its loop run code of the actor; anything else traps.
  func checkIsolated() {
    precondition(g_main_context_is_owner(nil) != 0, "not on the main loop's thread")
  }
}

/// The same for tasks that prefer to stay on the main loop: ``MainLoop/task(_:)``. What they do outside of any actor runs there
/// too; without that, a continuation that is resumed comes back to its actor by way of a thread of Swift's global pool (seen
/// with Swift 6.3).
final class MainContextTaskExecutor: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    schedule(UnownedJob(job)) { data in
      unownedJob(data).runSynchronously(
        isolatedTo: MainLoop.executor.asUnownedSerialExecutor(),
        taskExecutor: MainLoop.taskExecutor.asUnownedTaskExecutor())
      return 0
    }
  }
}

private func schedule(_ job: UnownedJob, _ run: @escaping @convention(c) (gpointer?) -> gboolean) {
  let source = g_idle_source_new()
  g_source_set_priority(source, G_PRIORITY_DEFAULT)
  g_source_set_callback(source, run, unsafeBitCast(job, to: gpointer.self), nil)
  g_source_attach(source, nil)
  g_source_unref(source)
}

/// A job is one word, a pointer that the Swift runtime owns.
private func unownedJob(_ data: gpointer?) -> UnownedJob { unsafeBitCast(data, to: UnownedJob.self) }
