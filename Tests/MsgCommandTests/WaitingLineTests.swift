import MessengerClient
import MessengerContract
import Synchronization
import Testing

@testable import MsgCommand

/// The line on the terminal while `/W` waits.
@Suite struct WaitingLineTests {
  private static let shown = DeliveryChanges(messageID: 1, deliveries: (1...4).map { .numbered($0, .shown) })
  private static let acknowledged = Delivery.numbered(1, .acknowledged).change
  private static let expired = (2...4).map { Delivery.numbered($0, .expired) }
  private static let answer = [Delivery.numbered(1, .acknowledged)] + expired
  private static let timeouts = (2...4).map { "Timeout on message to session :\($0) before user response" }

  /// Runs msg, and returns it with the screens after each change and three seconds after the last one.
  private func run(_ words: String..., on terminal: FakeTerminal) -> (run: Run, screens: [[String]]) {
    let screens = Mutex<[[String]]>([])
    let service = FakeService(.success(Self.answer), after: [Self.shown, Self.acknowledged]) { index in
      screens.withLock { $0.append(terminal.screen) }
      guard index == 1 else { return }
      terminal.pass(seconds: 3)
      screens.withLock { $0.append(terminal.screen) }
    }
    let run = Run(words.map { Array($0.utf8) }, in: Run.World(terminal: terminal, service: service))
    return (run, screens.withLock { $0 })
  }

  @Test func countsAndIsGoneAtTheEnd() {
    let terminal = FakeTerminal()
    let (run, screens) = run("*", "/W", "hi", on: terminal)
    #expect(
      screens == [
        ["4 waiting · 1:00 left"], ["1 acknowledged · 3 waiting · 1:00 left"],
        ["1 acknowledged · 3 waiting · 0:57 left"],
      ])
    #expect(terminal.screen == Self.timeouts)
    #expect(run.errors == Self.timeouts.map { $0 + "\n" }.joined() && run.output.isEmpty)
    #expect(run.status == .notAcknowledged)
  }

  @Test func theThreadEndsWithTheLine() {
    let terminal = FakeTerminal()
    _ = run("*", "/W", "hi", on: terminal)
    let written = terminal.written
    #expect(terminal.threads == 1)
    terminal.pass(seconds: 1)
    #expect(terminal.threads == 0)
    #expect(terminal.written == written)
  }

  @Test func standsBelowOtherLines() {
    let terminal = FakeTerminal()
    let (_, screens) = run("*", "/W", "/V", "hi", on: terminal)
    let sent = (1...4).map { "Sending message to user\($0) (session :\($0)), display time 60" }
    #expect(screens.first == sent + ["4 waiting · 1:00 left"])
    let answered = sent + ["Message to session :1 responded to by user"]
    #expect(screens.last == answered + ["1 acknowledged · 3 waiting · 0:57 left"])
    #expect(terminal.screen == answered + Self.timeouts)
  }

  @Test func repliesAreWaitedForToo() {
    #expect(run("*", "--reply", "yes=Yes", "hi", on: FakeTerminal()).screens.last?.last?.hasSuffix("left") == true)
  }

  @Test(
    arguments: [
      (["*", "/W", "--quiet", "hi"], FakeTerminal()), (["*", "/W", "--json", "hi"], FakeTerminal()),
      (["*", "hi"], FakeTerminal()), (["*", "/W", "hi"], FakeTerminal(type: "dumb")),
      (["*", "/W", "hi"], FakeTerminal(type: "")), (["*", "/W", "hi"], FakeTerminal(type: nil)),
      (["*", "/W", "hi"], FakeTerminal(isTerminal: false)),
    ])
  func isNotThere(_ words: [String], _ terminal: FakeTerminal) {
    let service = FakeService(.success(Self.answer), after: [Self.shown, Self.acknowledged])
    let run = Run(words.map { Array($0.utf8) }, in: Run.World(terminal: terminal, service: service))
    #expect(terminal.threads == 0)
    #expect(terminal.written.unicodeScalars.allSatisfy { $0 != "\r" && $0 != "\u{1B}" })
    #expect(!run.errors.contains("waiting"))
  }

  @Test func isNotThereForThree() {
    let terminal = FakeTerminal()
    let deliveries = (1...3).map { Delivery.numbered($0, .shown) }
    let service = FakeService(.success(deliveries), after: deliveries.map(\.change))
    _ = Run("*", "/W", "hi", in: Run.World(terminal: terminal, service: service))
    #expect(!terminal.written.contains("\r"))
  }

  @Test func isCutBeforeTheLastColumn() {
    let screens = run("*", "/W", "hi", on: FakeTerminal(columns: 12)).screens
    #expect(screens.map(\.last) == ["4 waiting ·", "1 acknowled", "1 acknowled"])
  }

  @Test(arguments: [
    (0, ""), (1, ""), (2, "日"), (3, "日a\u{301}"), (4, "日a\u{301}"), (5, "日a\u{301}本"), (9, "日a\u{301}本"),
  ])
  func textsAreCutByColumns(_ columns: Int, _ beginning: String) {
    #expect(TerminalWidth.prefix(of: "日a\u{301}本", columns: columns) == beginning)
  }

  @Test func nothingIsDrawnInTheBackground() {
    let terminal = FakeTerminal()
    let service = FakeService(.success(Self.answer), after: [Self.shown]) { _ in
      terminal.setForeground(false)
      let before = terminal.written
      terminal.pass(seconds: 2)
      #expect(terminal.written == before)
      terminal.setForeground(true)
      terminal.pass(seconds: 1)
      #expect(terminal.screen == ["4 waiting · 0:57 left"])
    }
    _ = Run("*", "/W", "hi", in: Run.World(terminal: terminal, service: service))
    #expect(terminal.screen == Self.timeouts)
  }

  @Test func countsSeveralMachinesTogether() {
    let terminal = FakeTerminal()
    let two = (1...2).map { Delivery.numbered($0, .shown) }
    let remote = ["a", "b"].map { ($0, FakeService(.success(two), after: two.map(\.change))) }
    let run = Run(
      "*", "/W", "/SERVER:a,b", "hi",
      in: Run.World(terminal: terminal, remote: Dictionary(uniqueKeysWithValues: remote)))
    #expect(terminal.screen == run.errors.split(separator: "\n").map(String.init))
    #expect(terminal.screen.count == 4)
  }
}
