import MessengerContract
import Testing

@testable import MessengerService

@Suite struct UniqueTextsTests {
  private static let content = PopupContent(
    title: "t", body: "b", timeout: nil, urgency: .critical, icon: "", replies: [])

  @Test func equalTextsStandApart() {
    var texts = UniqueTexts()
    let titles = (0..<3).map { _ in texts.enter(Self.content).title }
    #expect(titles == ["t", "t\u{2060}", "t\u{2060}\u{2060}"])
  }

  @Test func aTextIsFreeAgainWhenItsPopupHasEnded() {
    var texts = UniqueTexts()
    texts.leave(texts.enter(Self.content))
    #expect(texts.enter(Self.content) == Self.content)
  }

  @Test func anotherBodyIsAnotherText() {
    var texts = UniqueTexts()
    _ = texts.enter(Self.content)
    var other = Self.content
    other.body = "c"
    #expect(texts.enter(other) == other)
  }
}
