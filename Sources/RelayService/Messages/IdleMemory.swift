internal import CProcess
internal import GBus

/// The memory of an agent that has nothing to do, which is most of the time.
@MainLoop
enum IdleMemory {
  /// How long it must have nothing to do.
  private static let delay: Duration = .seconds(2)

  private static var timer: Timer?

  /// Returns what isn't needed any more when this hasn't been called for two seconds: free memory, and the code that
  /// starting and showing a message took.
  static func releaseWhenQuiet() {
    MallocTrimmer.trimWhenQuiet()
    timer?.cancel()
    timer = Timer(at: .after(delay)) { msg_release_code() }
  }
}
