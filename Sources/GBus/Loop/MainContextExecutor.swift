internal import CGIO

/// Runs Swift jobs on GLib's default main context, in their order: see ``JobQueue``.
final class MainContextExecutor: SerialExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    JobQueue.append(UnownedJob(job)) { $0.runSynchronously(on: MainLoop.executor.asUnownedSerialExecutor()) }
  }

  /// Lets a C callback that GLib makes on its loop run code of the actor; anything else traps.
  func checkIsolated() {
    precondition(g_main_context_is_owner(nil) != 0, "not on the main loop's thread")
  }
}

/// The same for tasks that prefer to stay on the main loop: ``MainLoop/task(_:)``. What they do outside of any actor
/// runs there too; without that, a continuation that is resumed comes back to its actor by way of a thread of Swift's
/// global pool (seen with Swift 6.3).
final class MainContextTaskExecutor: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    JobQueue.append(UnownedJob(job)) {
      $0.runSynchronously(
        isolatedTo: MainLoop.executor.asUnownedSerialExecutor(),
        taskExecutor: MainLoop.taskExecutor.asUnownedTaskExecutor())
    }
  }
}
