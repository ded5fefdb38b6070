import MessengerClient
import MessengerContract
import Platform
import Synchronization

/// The line of a ``WaitingCount`` on the terminal, rewritten in place each second and with each change.
///
/// The main thread blocks in libdbus, so the clock needs a thread of its own. It starts when the line is first worth
/// showing. The mutex keeps the two threads from writing at the same time.
///
/// Ctrl-C leaves the last count on the screen. What ``Interrupt`` prints begins with a newline, and so comes below it.
final class WaitingLine: Sendable {
  private struct State {
    var count: WaitingCount
    var isDrawn = false
    var hasClock = false
    /// Whether other lines are being printed.
    var isPaused = false
    var isOver = false
  }

  private let terminal: ErrorTerminal
  private let state: Mutex<State>

  /// A line that isn't shown yet.
  ///
  /// - Parameters:
  ///   - terminal: where it is drawn.
  ///   - machines: how many machines the message goes to.
  init(on terminal: ErrorTerminal, machines: Int) {
    self.terminal = terminal
    state = Mutex(State(count: WaitingCount(machines: machines)))
  }

  /// Erases the line, for other lines to be printed, until ``resume(_:)``.
  func pause() {
    state.withLock { state in
      state.isPaused = true
      erase(&state)
    }
  }

  /// Shows the line again, if there is something to count.
  ///
  /// - Parameter change: what has changed, with the time at which it did.
  func resume(_ change: (inout WaitingCount, Deadline) -> Void) {
    let startsClock = state.withLock { state in
      change(&state.count, terminal.now())
      state.isPaused = false
      draw(&state)
      guard state.count.isWorthALine, !state.hasClock else { return false }
      state.hasClock = true
      return true
    }
    if startsClock { terminal.eachSecond { self.tick() } }
  }

  /// Erases the line for good.
  func end() {
    state.withLock { state in
      state.isOver = true
      erase(&state)
    }
  }

  /// Draws the line with the new time, and returns whether there will be another one.
  private func tick() -> Bool {
    state.withLock { state in
      if !state.isOver && !state.isPaused { draw(&state) }
      return !state.isOver
    }
  }

  /// The last column stays free: behind a character there, some terminals wrap, and others erase it.
  private func draw(_ state: inout State) {
    guard let columns = terminal.columns() else { return }
    guard let line = state.count.line(at: terminal.now()) else { return erase(&state) }
    terminal.write("\r" + TerminalWidth.prefix(of: line, columns: columns - 1) + "\u{1B}[K")
    state.isDrawn = true
  }

  private func erase(_ state: inout State) {
    guard state.isDrawn, terminal.columns() != nil else { return }
    terminal.write("\r\u{1B}[K")
    state.isDrawn = false
  }
}

extension Request {
  /// The line that counts while this request waits for users or for a fleet's machines. Nil if it waits for neither, is
  /// to print nothing or JSON, or standard error is no terminal on which a line can be rewritten.
  func waitingLine(in surroundings: Surroundings) -> WaitingLine? {
    guard options.wait || !fleets.isEmpty, output == .failures || output == .everything,
      let terminal = surroundings.errorTerminal,
      terminal.rewritesLines
    else { return nil }
    return WaitingLine(on: terminal, machines: hosts.count + fleets.count)
  }
}
