internal import CGIO

/// Runs Swift jobs on GLib's default main context: each is an idle source of default priority, so that jobs keep their order
/// and stand in line with GLib's own events.
///
/// It is the actor's serial executor and, for ``MainLoop/task(_:)``, the tasks' preferred one at once: a continuation that is
/// resumed otherwise goes through a thread of Swift's global pool before it comes back to its actor (seen with Swift 6.3).
final class MainContextExecutor: SerialExecutor, TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let source = g_idle_source_new()
    g_source_set_priority(source, G_PRIORITY_DEFAULT)
    g_source_set_callback(
      source,
      { data in
        // A job is one word, a pointer that the Swift runtime owns.
        unsafeBitCast(data, to: UnownedJob.self).runSynchronously(
          isolatedTo: MainLoop.executor.asUnownedSerialExecutor(),
          taskExecutor: MainLoop.executor.asUnownedTaskExecutor())
        return 0
      }, unsafeBitCast(UnownedJob(job), to: gpointer.self), nil)
    g_source_attach(source, nil)
    g_source_unref(source)
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

  /// Lets a C callback that GLib makes on its loop run code of the actor; anything else traps.
  func checkIsolated() {
    precondition(g_main_context_is_owner(nil) != 0, "not on the main loop's thread")
  }
}
