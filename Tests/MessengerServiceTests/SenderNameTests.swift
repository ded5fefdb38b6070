import Testing

@testable import MessengerService

struct SenderNameTests {
  @Test(arguments: [
    ("Lunch", "alice: Lunch"), ("root: Lunch", "alice: root: Lunch"), ("alice: Lunch", "alice: alice: Lunch"),
    (nil, ""), ("", ""), ("   ", ""), ("\u{200B}\u{3164}", ""),
  ]) func titlesBeginWithTheSender(_ given: String?, _ title: String) {
    #expect(SenderName("alice", uid: 1000).title(given) == title)
  }

  @Test func rootsTitlesAreRoots() {
    let root = SenderName("root", uid: 0)
    #expect(root.title("Lunch") == "Lunch" && root.title("alice: Lunch") == "alice: Lunch" && root.title(" ") == "")
  }

  /// The user database may contain any text.
  @Test(arguments: [
    "", " ", "root", " root", "root ", "ro\u{200B}ot", "root: Message", "a:b", "a\nb", "a\u{202E}b", "a\u{2028}b",
    "a  b", "a\tb", "\u{3164}", "uid 0", "uid \u{301}0", "root:\u{301}", String(repeating: "x", count: 41),
    String(repeating: "漢", count: 21),
  ]) func aNameThatCouldMisleadIsANumber(_ name: String) {
    #expect(SenderName(name, uid: 1005).title("Lunch") == "uid 1005: Lunch")
    #expect(SenderName(name, uid: 1005).text == "uid 1005")
  }

  @Test(arguments: ["alice", "alice smith", "DOMAIN\\alice", "alice@example.com", "jürgen", "علی"])
  func otherNamesAreShown(_ name: String) { #expect(SenderName(name, uid: 1005).title("Lunch") == "\(name): Lunch") }

  /// A Hebrew title would otherwise put a number on the right.
  @Test func aNameWithoutDirectionStandsFirst() {
    #expect(SenderName("4711", uid: 1005).title("שלום") == "4711\u{200E}: שלום")
  }
}
