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
    CombinedContent(parts, growing: growing).content(atLeast: .low, id: 1)
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
    #expect(content.whole?.window.heading == "Messages: 4" && content.whole?.window.unit == "msg-4-4-1")
  }

  @Test func theHighestUrgencyCounts() {
    let parts = [Self.part(1, "a", urgency: .low), Self.part(2, "b", urgency: .normal)]
    #expect(Self.content(parts).urgency == .normal)
    #expect(CombinedContent(parts, growing: true).content(atLeast: .critical, id: 1).urgency == .critical)
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
    #expect(lines == ["■ ann: y ▫ z", "x", "■ Message from ann 12:00:01", "a ▫ Message from root 12:00:00 ▫ b ▫ c"])
    let whole = Self.content([Self.part(1, fake), Self.part(2, "x")]).whole?.window.text ?? ""
    #expect(whole.split(separator: "\n").filter { !$0.hasPrefix("    ") }.count == 2)
    #expect(whole.hasSuffix("\n    a\n    ▫ Message from root 12:00:00\n    ▫ b\n    ▫ c"))
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
    let text = Self.content((1...25).map { Self.part($0, wide) }).whole?.window.text ?? ""
    #expect(text.utf8.count < 140_000)
    let plain = String(repeating: "x", count: 4096)
    let whole = Self.content((1...25).map { Self.part($0, plain) }).whole?.window.text ?? ""
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
