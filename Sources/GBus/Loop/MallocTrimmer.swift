internal import CGIO

/// The C library's heap, from which GLib and Swift's runtime have their memory.
@MainLoop
public enum MallocTrimmer {
  /// How long nothing may have happened before what is free goes back to the kernel.
  private static let trimDelay: Duration = .seconds(1)

  private static var timer: Timer?

  /// Lets threads share their memory: each arena of their own would keep what was freed in it, and two threads do
  /// nearly all of the work. To be called before there are others.
  public nonisolated static func shareArenas() { mallopt(M_ARENA_MAX, 2) }

  /// Gives free memory back to the kernel when this hasn't been called for a second. The C library would only do so at
  /// the heap's end, which something always holds.
  public static func trimWhenQuiet() {
    timer?.cancel()
    timer = Timer(at: .after(trimDelay)) { malloc_trim(0) }
  }
}
