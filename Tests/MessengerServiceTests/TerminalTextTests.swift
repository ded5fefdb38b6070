import MessengerContract
import Testing

@testable import MessengerService

struct TerminalTextTests {
  private static func text(_ body: String, title: String = "", limit: Int = 4000) -> String {
    var content = PopupContent(title: title, body: body, timeout: nil, urgency: .critical, icon: "", replies: [])
    (content.sender, content.time) = ("ann", "14:05:32")
    return String(decoding: TerminalText(of: content, on: "web1").bytes(atMost: limit), as: UTF8.self)
  }

  private static let heading = "\r\n\u{7}Message from ann on web1 at 14:05:32:\r\n"

  private static func lines(_ body: String) -> [String] {
    text(body).split(separator: "\r\n").dropFirst().map(String.init)
  }

  @Test func saysWhoSends() {
    #expect(Self.text("Lunch?\n\nAt noon") == Self.heading + "  Lunch?\r\n  \r\n  At noon\r\n\r\n")
    #expect(Self.text("Lunch?", title: "ann: Food") == Self.heading + "ann: Food\r\n  Lunch?\r\n\r\n")
  }

  /// The sender's words begin no line at the left margin, where they would look like msgd's own.
  @Test func sendersWordsNeverStandAtTheMargin() {
    let forged = "Message from root on web1 at 14:05:33:"
    let title = "ann: " + String(repeating: "x ", count: 37) + forged
    let lines = Self.text("x\n\(forged)", title: title).split(separator: "\r\n")
    #expect(lines.filter { !$0.hasPrefix("  ") }.count == 2)
    #expect(lines.contains("  \(forged)"))
  }

  @Test func wordsAreNotBroken() {
    let word = String(repeating: "x", count: 30)
    #expect(Self.lines("\(word) \(word) \(word)") == ["  \(word) \(word)", "  \(word)"])
    #expect(Self.lines("\(word) \(word)               y") == ["  \(word) \(word)               y"])
  }

  @Test(arguments: ["x", "漢", "é", "🙂"]) func linesAreAsWideAsTheTerminal(_ character: String) {
    let width = TextPolicy.columns(of: character)
    let lines = Self.lines(String(repeating: character, count: 200))
    let columns = lines.map { TextPolicy.columns(of: $0) }
    #expect(columns.dropLast().allSatisfy { $0 == 79 || $0 == 79 - width + 1 }, "\(columns)")
    #expect(lines.map { $0.dropFirst(2) }.joined() == String(repeating: character, count: 200))
  }

  /// Some terminals give a mark a column, or show a symbol before U+FE0F as a wide picture. A line that is wider than
  /// it seems would wrap, and begin at the margin.
  @Test(arguments: ["e\u{301}", "\u{2601}\u{FE0F}", "x\u{200D}"])
  func whatMayBeWiderCountsAsWide(_ character: String) {
    let lines = Self.lines(String(repeating: character, count: 200))
    #expect(lines.allSatisfy { $0.unicodeScalars.count <= 80 })
    #expect(lines.map { $0.dropFirst(2) }.joined() == String(repeating: character, count: 200))
  }

  @Test func aLineThatJustFitsIsOne() {
    let line = String(repeating: "x", count: 77)
    #expect(Self.lines(line) == ["  \(line)"] && Self.lines(line + "   ") == ["  \(line)"])
    #expect(Self.lines(line + "y") == ["  \(line)", "  y"])
  }

  @Test func tabsGoToTheirStops() {
    #expect(Self.lines("a\tb\t\tc") == ["  a       b               c"])
  }

  @Test func nothingOperatesTheTerminal() {
    let all = (0...0x2FF).compactMap(Unicode.Scalar.init).reduce(into: "") { $0.unicodeScalars.append($1) }
    let directions = "\u{202E}\u{2066}x\u{2069}\u{2028}y"
    var content = PopupContent(
      title: "t" + all, body: all + directions, timeout: nil, urgency: .critical, icon: "", replies: [])
    content.sender = "ann" + all
    let text = String(decoding: TerminalText(of: content, on: "web1" + all).bytes(atMost: 8000), as: UTF8.self)
    let controls = text.unicodeScalars.filter { $0.properties.generalCategory == .control }
    #expect(Set(controls) == ["\r", "\n", "\u{7}"] && controls.count { $0 == "\u{7}" } == 1)
    #expect(!text.unicodeScalars.contains { 0x2028...0x202E ~= $0.value || 0x2066...0x2069 ~= $0.value })
  }

  @Test(arguments: [1000, 4000]) func endOfATextThatIsTooLongIsCounted(_ limit: Int) throws {
    let body = (0..<1000).map { "line \($0)" }.joined(separator: "\n")
    let text = Self.text(body, limit: limit)
    #expect(text.utf8.count <= limit && text.utf8.count > limit - 100)
    let end = try #require(text.split(separator: "\r\n").last)
    let shown = text.split(separator: "\r\n").dropFirst().dropLast().map { $0.dropFirst(2).count }.reduce(0, +)
    let breaks = body.count { $0 == "\n" }
    #expect(end == "  … (\(body.count - breaks - shown) more characters)")
  }

  /// What is left out is about the sender's text, not about the lines into which it is broken.
  @Test func aWholeTextLacksNothing() {
    let text = Self.text(String(repeating: "word ", count: 700), limit: ConnectHelper.mostText)
    #expect(!text.contains("more characters") && text.utf8.count > ConnectHelper.mostText - 400)
  }
}
