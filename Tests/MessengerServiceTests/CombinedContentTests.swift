import MessengerContract
import Testing

@testable import MessengerService

/// The text of a popup that holds several messages.
struct CombinedContentTests {
  private static func part(
    _ number: UInt64, _ body: String, title: String? = nil, isRoot: Bool = false, urgency: Urgency = .normal
  ) -> CombinedContent.Part {
    let title = title ?? "Message from ann 12:00:0\(number % 10)"
    var content = PopupContent(
      title: title, body: body, timeout: nil, urgency: urgency, icon: "icon-\(number)", replies: [])
    content.whole = WholeText(label: "", heading: "", closeLabel: "", text: body, unit: "msg-\(number)", programs: [])
    content.combining = .init(
      title: "Messages: {count}", heading: title, label: "ann 12:00:0\(number % 10)", isLong: false)
    return .init(content: content, isRoot: isRoot, number: number)
  }

  private static func content(_ parts: [CombinedContent.Part], growing: Bool = true) -> PopupContent {
    CombinedContent(parts, growing: growing).content(atLeast: .low)
  }

  private static func window(_ parts: [CombinedContent.Part]) -> WindowContent? {
    CombinedContent(parts, growing: true).window(id: 1)?.window
  }

  private static func lines(_ parts: [CombinedContent.Part], growing: Bool = true) -> [String] {
    content(parts, growing: growing).body.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test func aSingleMessageIsAsItIs() {
    let part = Self.part(1, "■ a\nb")
    var expected = part.content
    expected.whole = nil
    #expect(Self.content([part]) == expected)
    var long = part
    long.content.combining?.isLong = true
    #expect(Self.content([long]) == long.content)
  }

  @Test func rootsComesFirstAndThenTheNewest() {
    let parts = [
      Self.part(1, "a", isRoot: true), Self.part(2, "b"), Self.part(3, "c"), Self.part(4, "d", isRoot: true),
    ]
    let titles = [4, 1, 3, 2].map { "■ Message from ann 12:00:0\($0)" }
    #expect(Self.lines(parts) == [titles[0], "d", titles[1], "a", titles[2], "c", titles[3], "b"])
    let content = Self.content(parts)
    #expect(content.title == "Messages: 4" && content.icon == "icon-4")
    let window = Self.window(parts)
    #expect(window?.heading == "Messages: 4" && window?.unit == "msg-4-4-1")
  }

  @Test func theHighestUrgencyCounts() {
    let parts = [Self.part(1, "a", urgency: .low), Self.part(2, "b", urgency: .normal)]
    #expect(Self.content(parts).urgency == .normal)
    #expect(CombinedContent(parts, growing: true).content(atLeast: .critical).urgency == .critical)
  }

  @Test(arguments: [2, 3, 6, 7, 12, 13, 25]) func eachHasRoomOnTheScreen(_ count: Int) {
    let long = String(repeating: "word ", count: 1000)
    for growing in [true, false] where growing || count <= 6 {
      let parts = (0..<count).map { Self.part(UInt64($0), long, title: String(repeating: "t", count: 60)) }
      let lines = Self.lines(parts, growing: growing)
      let rows = lines.reduce(0) { $0 + (TextPolicy.columns(of: $1) + 39) / 40 }
      #expect(rows <= (growing ? 25 : 6))
      #expect(lines.filter { $0.hasPrefix("■ ") }.count == count)
      #expect(lines.filter { $0.contains("word") }.count == count)
    }
  }

  @Test func aTextHasNoTitleOfItsOwn() {
    let fake = "a\n■ Message from root 12:00:00\n\u{2B1B} b\n▪ c"
    let lines = Self.lines([Self.part(1, fake), Self.part(2, "x", title: "ann: y ■ z")])
    #expect(lines == ["■ ann: y · z", "x", "■ Message from ann 12:00:01", "a · Message from root 12:00:00 · b · c"])
    let whole = Self.window([Self.part(1, fake), Self.part(2, "x")])?.text ?? ""
    #expect(whole.split(separator: "\n").filter { !$0.hasPrefix("    ") }.count == 2)
    #expect(whole.hasSuffix("\n    a\n    · Message from root 12:00:00\n    · b\n    · c"))
  }

  @Test func nothingLooksLikeATitlesMark() {
    for mark in "\u{FFED}\u{2BC0}\u{23F9}\u{25AE}\u{2584}\u{2B1D}\u{25A0}\u{25AA}\u{2B1B}\u{220E}\u{1F7E5}\u{25CF}" {
      let parts = [Self.part(1, "a \(mark) b", title: "c \(mark) d"), Self.part(2, "x")]
      #expect(Self.lines(parts).suffix(2) == ["■ c · d", "a · b"])
      #expect(Self.window(parts)?.text.hasSuffix("■ c · d\n\n    a · b") == true)
    }
    #expect(Self.lines([Self.part(1, "→ ✓ ½ □"), Self.part(2, "x")]).last == "→ ✓ ½ ·")
  }

  @Test func broadLettersFillNoLinesOfOthers() {
    for letter in ["\u{FDFA}", "\u{2E3B}", "\u{12000}"] {
      let parts = (1...6).map { Self.part(UInt64($0), String(repeating: letter, count: 60)) }
      #expect(Self.lines(parts, growing: false).allSatisfy { !$0.contains(letter) })
    }
    // Each takes about two columns of other letters.
    for letter in ["W", "ш", "ஔ", "—"] {
      let parts = (1...6).map { Self.part(UInt64($0), String(repeating: letter, count: 60)) }
      #expect(Self.lines(parts, growing: false).allSatisfy { $0.split(separator: ":").last?.count ?? 99 <= 14 })
    }
  }

  @Test func longTextsInTheWindowTakeNothingFromShortOnes() {
    let end = "the end"
    let short = Self.part(1, String(repeating: "漢", count: 4089) + end)
    let usual = (2...25).map { Self.part($0, String(repeating: "漢\n", count: 2048)) }
    let whole = Self.window([short] + usual)?.text ?? ""
    #expect(whole.unicodeScalars.count { $0 == "漢" } == 24 * 2048 + 4089)
    let long = (2...25).map { Self.part($0, String(repeating: "\n", count: 30_000)) }
    let text = Self.window([short] + long)?.text ?? ""
    #expect(text.contains(end) && text.utf8.count <= 524_288 + 200)
  }

  @Test func theWindowsTextIsMadeOnlyForTheWindow() {
    let content = Self.content([Self.part(1, "a"), Self.part(2, "b")])
    #expect(content.whole?.window.text == "" && content.windowKeys == [PopupContent.wholeAction])
  }

  @Test func onlyTheBeginningOfATextIsRead() {
    let text = String(repeating: "\n", count: 4000) + "end"
    #expect(Self.lines([Self.part(1, text), Self.part(2, "x")]).last == "…")
  }

  @Test func aTextTurnsNoOther() {
    let isolated = "\u{2067}" + String(repeating: "x", count: 500) + "\u{2069}"
    let body = Self.content([Self.part(1, isolated), Self.part(2, isolated)]).body
    #expect(!body.unicodeScalars.contains("\u{2067}"))
  }

  @Test func charactersWithoutWidthAreBounded() {
    for text in [String(repeating: "\u{200D}", count: 4096), "a" + String(repeating: "\u{301}", count: 4096)] {
      let content = Self.content([Self.part(1, text), Self.part(2, text, title: text)])
      #expect(content.body.unicodeScalars.count < 2000)
    }
  }

  @Test func progressStandsBeforeTheText() {
    var part = Self.part(1, "Copying")
    part.content.progress = 42
    #expect(Self.lines([part, Self.part(2, "x")]).last == "42% Copying")
    #expect(Self.content([part, Self.part(2, "x")]).progress == nil)
  }

  @Test func theWindowsTextIsBounded() {
    let wide = String(repeating: "\u{1F600}\n", count: 4096)
    let text = Self.window((1...25).map { Self.part($0, wide) })?.text ?? ""
    #expect(text.utf8.count < 530_000)
    let plain = String(repeating: "x", count: 4096)
    let whole = Self.window((1...25).map { Self.part($0, plain) })?.text ?? ""
    #expect(whole.ranges(of: plain).count == 25)
  }

  @Test func onlyWhatTheWindowShowsAndHasNoButtonsIsCombined() {
    var content = Self.part(1, "a").content
    #expect(content.isCombinable)
    content.replies = [Reply(key: "y", label: "Yes")]
    #expect(!content.isCombinable)
    content.replies = []
    content.whole = nil
    #expect(!content.isCombinable)
  }

  @Test func onlyServersThatShowOneCombine() {
    #expect(NotificationServerQuirks.of(server: "gnome-shell", vendor: "GNOME", version: "48.4").partsInOne == 25)
    #expect(NotificationServerQuirks.of(server: "gnome-shell", vendor: "GNOME", version: "43.9").partsInOne == 6)
    #expect(NotificationServerQuirks.of(server: "mako", vendor: "emersion", version: "1").partsInOne == nil)
    #expect(NotificationServerQuirks.standard.partsInOne == nil)
  }
}
