import Glibc
import MessengerClient
import Platform

/// The terminal that standard error may be, and what a line on it needs that changes by itself. Its functions may be
/// called on any thread.
struct ErrorTerminal: Sendable {
  /// Whether standard error is a terminal.
  var isTerminal: @Sendable () -> Bool
  /// The type of terminal, as `TERM` has it. Nil if there is none.
  var type: @Sendable () -> String?
  /// The width in columns. Nil while the command is in the background, where it mustn't draw into what the user does.
  var columns: @Sendable () -> Int?
  /// Writes to standard error.
  var write: @Sendable (String) -> Void
  /// The time.
  var now: @Sendable () -> Deadline
  /// Calls a function each second on another thread, until it returns false. Does nothing if there is no thread for it.
  var eachSecond: @Sendable (_ tick: @escaping @Sendable () -> Bool) -> Void

  /// Whether a line can be erased and written again.
  var rewritesLines: Bool {
    guard isTerminal(), let type = type() else { return false }
    return !type.isEmpty && type != "dumb"
  }
}

extension ErrorTerminal {
  /// The width of a terminal that doesn't tell it, as a serial line.
  private static let usualColumns = 80

  /// The terminal of this process.
  static func process(write: @escaping @Sendable (String) -> Void) -> ErrorTerminal {
    ErrorTerminal(
      isTerminal: { isatty(STDERR_FILENO) == 1 }, type: { getenv("TERM").map { String(cString: $0) } },
      columns: { isInBackground ? nil : currentColumns }, write: write, now: { .now },
      eachSecond: { tick in try? WorkThread.start { repeat { sleep(1) } while tick() } })
  }

  /// Whether another job has the terminal. A terminal that isn't the session's own has no jobs.
  private static var isInBackground: Bool {
    let foreground = tcgetpgrp(STDERR_FILENO)
    return foreground > 0 && foreground != getpgrp()
  }

  private static var currentColumns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return usualColumns }
    return Int(size.ws_col)
  }
}
