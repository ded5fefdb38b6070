import Platform
import Synchronization

@testable import MsgCommand

/// A terminal on which standard output and standard error appear. Its clock goes on when a test says so.
final class FakeTerminal: Sendable {
  private let text = Mutex("")
  private let clock = Mutex(Deadline.now)
  private let clocks = Mutex<[@Sendable () -> Bool]>([])
  private let isForeground = Mutex(true)
  private let type: String?
  private let columns: Int
  private let isTerminal: Bool

  /// - Parameters:
  ///   - type: `TERM`.
  ///   - columns: its width.
  ///   - isTerminal: false if standard error is no terminal after all.
  init(type: String? = "xterm", columns: Int = 80, isTerminal: Bool = true) {
    self.type = type
    self.columns = columns
    self.isTerminal = isTerminal
  }

  /// Everything that was written.
  var written: String { text.withLock { $0 } }

  /// How many threads draw on it each second.
  var threads: Int { clocks.withLock { $0.count } }

  /// The lines on the screen, without empty ones at the end.
  var screen: [String] {
    var lines: [[Unicode.Scalar]] = [[]]
    var column = 0
    for scalar in written.replacing("\u{1B}[K", with: "\u{1B}").unicodeScalars {
      switch scalar {
      case "\r": column = 0
      case "\n": (lines, column) = (lines + [[]], 0)
      case "\u{1B}": lines[lines.count - 1].removeSubrange(column...)
      default:
        lines[lines.count - 1].replaceSubrange(column..<min(column + 1, lines[lines.count - 1].count), with: [scalar])
        column += 1
      }
    }
    let texts = lines.map { line in String(String.UnicodeScalarView(line)) }
    return Array(texts.reversed().drop(while: \.isEmpty).reversed())
  }

  var asErrorTerminal: ErrorTerminal {
    ErrorTerminal(
      isTerminal: { self.isTerminal }, type: { self.type },
      columns: { self.isForeground.withLock { $0 } ? self.columns : nil }, write: put,
      now: { self.clock.withLock { $0 } }, eachSecond: { tick in self.clocks.withLock { $0.append(tick) } })
  }

  /// Writes a text.
  func put(_ text: String) { self.text.withLock { $0 += text } }

  /// Lets seconds pass.
  func pass(seconds: Int) {
    for _ in 0..<seconds {
      clock.withLock { $0 = $0 + .seconds(1) }
      let ticks = clocks.withLock { $0 }
      let wanted = ticks.filter { $0() }
      clocks.withLock { $0 = wanted }
    }
  }

  /// Puts the command into the background, or back.
  func setForeground(_ isForeground: Bool) { self.isForeground.withLock { $0 = isForeground } }
}
