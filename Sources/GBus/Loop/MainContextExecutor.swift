internal import CGIO

/// Runs Swift jobs on GLib's default main context, in order: see ``JobQueue``.
final class MainContextExecutor: SerialExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    JobQueue.append(UnownedJob(job)) { $0.runSynchronously(on: MainLoop.executor.asUnownedSerialExecutor()) }
  }

  /// Lets a C callback that GLib calls on its loop run code of the actor. Anything else traps.
  func checkIsolated() {
    precondition(g_main_context_is_owner(nil) != 0, "not on the main loop's thread")
  }
}

/// The same for tasks that stay on the main loop: ``MainLoop/task(_:)``. Their code outside any actor runs there too.
/// Without it, a resumed continuation returns to its actor by way of a thread of Swift's global pool (seen with Swift
/// 6.3).
final class MainContextTaskExecutor: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    JobQueue.append(UnownedJob(job)) {
      $0.runSynchronously(
        isolatedTo: MainLoop.executor.asUnownedSerialExecutor(),
        taskExecutor: MainLoop.taskExecutor.asUnownedTaskExecutor())
    }
  }
}
