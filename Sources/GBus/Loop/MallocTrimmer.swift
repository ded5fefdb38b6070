internal import CGIO

/// Controls the C library's heap, from which GLib and Swift's runtime get their memory.
@MainLoop
public enum MallocTrimmer {
  /// How long the process must be quiet before free memory is returned to the kernel.
  private static let trimDelay: Duration = .seconds(1)

  private static var timer: Timer?

  /// Makes threads share their memory. With an arena each, they would keep memory that was freed in it, and two threads
  /// do nearly all of the work. Must be called before there are other threads.
  public nonisolated static func shareArenas() { mallopt(M_ARENA_MAX, 2) }

  /// Returns free memory to the kernel when this hasn't been called for a second. By itself the C library would do that
  /// only at the heap's end, which is always in use.
  public static func trimWhenQuiet() {
    timer?.cancel()
    timer = Timer(at: .after(trimDelay)) { malloc_trim(0) }
  }
}
