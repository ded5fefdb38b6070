import Testing

@testable import MessengerService

struct NamePatternTests {
  @Test(arguments: [
    ("ann", "ann"), ("", ""), ("*", ""), ("*", "ann"), ("**", "ann"), ("a*", "a"), ("a*", "ann"), ("*n", "ann"),
    ("*n*", "ann"), ("a?n", "ann"), ("???", "ann"), ("?*", "a"), ("*ab", "aab"), ("*aab*b", "aaabab"),
    ("a*b*c", "a-b-bc"), ("?", "\u{1F600}"), ("?", "e\u{301}"), ("[a]*", "[a]b"), ("a\\*", "a\\b"), ("a.c", "a.c"),
  ]) func matches(_ pattern: String, _ name: String) {
    #expect(NamePattern(pattern).matches(name))
  }

  @Test(arguments: [
    ("ann", "Ann"), ("ann", "anna"), ("ann", "an"), ("", "a"), ("?", ""), ("a?", "a"), ("a*", "ba"), ("*a", "ab"),
    ("??", "ann"), ("*b?", "ab"), ("a*b", "abc"), ("[a]", "a"), ("a.c", "abc"), ("*aab", "aaba"),
  ]) func doesNotMatch(_ pattern: String, _ name: String) {
    #expect(!NamePattern(pattern).matches(name))
  }

  // A matcher that tries all possibilities would do twice the work for each star.
  @Test(.timeLimit(.minutes(1))) func manyStarsTakeNoTime() {
    #expect(!NamePattern(String(repeating: "*a", count: 40)).matches(String(repeating: "a", count: 200) + "b"))
  }

  @Test(arguments: [("ann", false), ("", false), ("*", true), ("a?", true), ("[ab]", false), ("a*b", true)])
  func wildcardsAreStarAndQuestionMark(_ text: String, _ hasWildcards: Bool) {
    #expect(NamePattern(text).hasWildcards == hasWildcards)
  }
}
