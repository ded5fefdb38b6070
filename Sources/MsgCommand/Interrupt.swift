import Glibc

/// Ctrl-C while the command waits.
enum Interrupt {
  /// Written once, before the handler that reads them is there.
  nonisolated(unsafe) private static var farewell: UnsafeMutableBufferPointer<UInt8>?

  /// Makes SIGINT say a line on standard error and end the process with ``ExitStatus/interrupted``, unless it is ignored, as
  /// in a shell's background.
  ///
  /// The handler does it all itself: libdbus goes on waiting after a signal.
  static func end(saying line: String) {
    guard farewell == nil else { return }
    let bytes = Array("\nmsg: \(line)\n".utf8)
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = buffer.initialize(from: bytes)
    farewell = buffer
    let previous = signal(SIGINT) { _ in
      // Only what signal-safety(7) allows.
      if let farewell = Interrupt.farewell { _ = write(STDERR_FILENO, farewell.baseAddress, farewell.count) }
      _exit(ExitStatus.interrupted.rawValue)
    }
    // C functions can't be compared in Swift, and SIG_IGN is one.
    if unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(SIGINT, SIG_IGN) }
  }
}
