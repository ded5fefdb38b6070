internal import CGIO
internal import Synchronization

/// The jobs of the main loop, in order of arrival. One source of GLib's default main context runs them all, in turn
/// with GLib's own events. The context looks at each of its sources in each round, so a source for each job would make
/// a thousand jobs cost a million looks.
enum JobQueue {
  /// A job, and the function that runs it.
  struct Job: Sendable {
    let job: UnownedJob
    let run: @Sendable (UnownedJob) -> Void
  }

  private static let jobs = Mutex<[Job]>([])
  /// Called when the jobs that run now have run.
  private static let ends = Mutex<[@Sendable () -> Void]>([])
  private static let source: Void = attachSource(
    prepare: { _, _ in jobs.withLock { $0.isEmpty } ? 0 : 1 }, check: { _ in jobs.withLock { $0.isEmpty } ? 0 : 1 },
    dispatch: { _, _, _ in
      runAll()
      return 1
    })

  /// Adds a job, from any thread.
  static func append(_ job: UnownedJob, _ run: @escaping @Sendable (UnownedJob) -> Void) {
    source
    jobs.withLock { $0.append(Job(job: job, run: run)) }
    // The loop's own thread looks here before it sleeps.
    if g_main_context_is_owner(nil) == 0 { g_main_context_wakeup(nil) }
  }

  /// Has something called when the jobs that run now have run, before GLib's events. What is resumed there goes on in
  /// the next round, behind all that they have resumed.
  static func atEnd(_ end: @escaping @Sendable () -> Void) { ends.withLock { $0.append(end) } }

  /// Runs the current jobs. Jobs that are added meanwhile wait behind GLib's events.
  private static func runAll() {
    var batch: [Job] = []
    jobs.withLock { swap(&batch, &$0) }
    for job in batch { job.run(job.job) }
    var ends: [@Sendable () -> Void] = []
    Self.ends.withLock { swap(&ends, &$0) }
    for end in ends { end() }
  }
}

/// Adds a source to GLib's default main context for the life of the process.
///
/// - Parameters:
///   - priority: among sources that are ready at the same time, only those with the lowest number are dispatched; 0 is
///     the usual one.
///   - prepare: says whether it is ready, and otherwise how long to sleep: `GSourceFuncs`.
///   - check: says whether it is ready after the sleep.
///   - dispatch: does its work.
func attachSource(
  priority: Int32 = G_PRIORITY_DEFAULT,
  prepare: @escaping @convention(c) (UnsafeMutablePointer<GSource>?, UnsafeMutablePointer<gint>?) -> gboolean,
  check: @escaping @convention(c) (UnsafeMutablePointer<GSource>?) -> gboolean,
  dispatch: @escaping @convention(c) (UnsafeMutablePointer<GSource>?, GSourceFunc?, gpointer?) -> gboolean
) {
  let functions = UnsafeMutablePointer<GSourceFuncs>.allocate(capacity: 1)
  functions.initialize(to: GSourceFuncs())
  functions.pointee.prepare = prepare
  functions.pointee.check = check
  functions.pointee.dispatch = dispatch
  let source = g_source_new(functions, guint(MemoryLayout<GSource>.size))
  g_source_set_priority(source, priority)
  g_source_attach(source, nil)
  g_source_unref(source)
}
