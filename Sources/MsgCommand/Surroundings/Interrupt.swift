import Glibc
import Synchronization

/// Handles Ctrl-C while the command waits.
enum Interrupt {
  /// The address of the line that is printed, a C string that is never freed.
  private static let interruptLine = Atomic<UInt>(0)

  /// Makes SIGINT print a line on standard error and end the process with ``ExitStatus/interrupted``. If the signal is
  /// ignored, as in a shell's background, it stays ignored. A further call changes the line.
  ///
  /// The handler does all of this itself, because libdbus goes on waiting after a signal.
  static func end(saying line: String) {
    let text = UInt(bitPattern: strdup("\nmsg: \(line)\n"))
    if interruptLine.exchange(text, ordering: .acquiringAndReleasing) == 0 { handle() }
  }

  private static func handle() {
    let previous = signal(SIGINT) { _ in
      // Only calls that signal-safety(7) allows.
      if let text = UnsafePointer<CChar>(bitPattern: Interrupt.interruptLine.load(ordering: .acquiring)) {
        _ = write(STDERR_FILENO, text, strlen(text))
      }
      _exit(ExitStatus.interrupted.rawValue)
    }
    // SIG_IGN is a C function, and Swift can't compare those.
    if unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(SIGINT, SIG_IGN) }
  }
}
