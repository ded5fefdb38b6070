@_exported public import Platform
internal import CGIO

/// The global actor of everything that touches GLib. Its code runs on the thread that iterates GLib's default main
/// context.
///
/// One thread calls ``run()`` and stays in it. Work that is enqueued for the actor before then waits.
@globalActor
public actor MainLoop {
  /// The one main loop of the process.
  public static let shared = MainLoop()

  static let executor = MainContextExecutor()
  static let taskExecutor = MainContextTaskExecutor()
  /// Unsafe only for the compiler, because any thread may run and quit a `GMainLoop` (GLib's reference).
  private nonisolated(unsafe) static let loop = g_main_loop_new(nil, 0)

  /// Runs the actor's code on GLib's default main context.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { Self.executor.asUnownedSerialExecutor() }

  /// Starts a task that never leaves the main loop's thread. It replaces `Task { @MainLoop in }`, which is resumed by
  /// way of other threads.
  ///
  /// - Returns: the task.
  @discardableResult
  public nonisolated static func task<Success: Sendable>(
    _ body: @escaping @MainLoop @Sendable () async -> Success
  ) -> Task<Success, Never> {
    Task(executorPreference: taskExecutor, operation: body)
  }

  /// Starts a task that may fail and never leaves the main loop's thread.
  ///
  /// - Returns: the task.
  @discardableResult
  public nonisolated static func task<Success: Sendable>(
    _ body: @escaping @MainLoop @Sendable () async throws -> Success
  ) -> Task<Success, any Error> {
    Task(executorPreference: taskExecutor, operation: body)
  }

  /// Makes the calling thread the main loop's, until ``quit()``.
  public nonisolated static func run() {
    g_main_loop_run(loop)
  }

  /// Ends ``run()`` when the code that runs now returns.
  @MainLoop public static func quit() {
    g_main_loop_quit(loop)
  }

  /// Calls `action` on the main loop each time the process gets the signal `number`, for the rest of the process's
  /// life. GLib can watch SIGHUP, SIGINT, SIGTERM, SIGUSR1 and SIGUSR2.
  @MainLoop public static func onSignal(_ number: Int32, _ action: @escaping @MainLoop () -> Void) {
    g_unix_signal_add_full(
      G_PRIORITY_DEFAULT, number,
      { data in
        Box<@MainLoop () -> Void>.peek(data)?()
        return 1
      }, Box(action).retainedPointer(), Box<@MainLoop () -> Void>.release)
  }
}
