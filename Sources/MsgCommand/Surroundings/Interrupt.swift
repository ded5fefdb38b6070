import Glibc
import Synchronization

/// Ctrl-C while the command waits.
enum Interrupt {
  /// What is said then: the address of a C string that is kept for as long as the process lives.
  private static let interruptLine = Atomic<UInt>(0)

  /// Makes SIGINT say a line on standard error and end the process with ``ExitStatus/interrupted``, unless it is
  /// ignored, as in a shell's background. Another call changes the line.
  ///
  /// The handler does it all itself: libdbus goes on waiting after a signal.
  static func end(saying line: String) {
    let text = UInt(bitPattern: strdup("\nmsg: \(line)\n"))
    if interruptLine.exchange(text, ordering: .acquiringAndReleasing) == 0 { handle() }
  }

  private static func handle() {
    let previous = signal(SIGINT) { _ in
      // Only what signal-safety(7) allows.
      if let text = UnsafePointer<CChar>(bitPattern: Interrupt.interruptLine.load(ordering: .acquiring)) {
        _ = write(STDERR_FILENO, text, strlen(text))
      }
      _exit(ExitStatus.interrupted.rawValue)
    }
    // C functions can't be compared in Swift, and SIG_IGN is one.
    if unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(SIGINT, SIG_IGN) }
  }
}
