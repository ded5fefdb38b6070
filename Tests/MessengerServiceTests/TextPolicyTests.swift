import Testing

@testable import MessengerService

struct TextPolicyTests {
  /// A text, and what each policy makes of it; `nil` = the text unchanged.
  struct Row: CustomTestStringConvertible, Sendable {
    let text: String
    let line: String?
    let body: String?

    init(_ text: String, line: String? = nil, body: String? = nil) {
      self.text = text
      self.line = line
      self.body = body
    }

    var testDescription: String { text.unicodeScalars.map { String($0.value, radix: 16) }.joined(separator: " ") }
  }

  private static func marks(_ count: Int, _ mark: String = "\u{301}") -> String {
    String(repeating: mark, count: count)
  }

  /// Noncharacters, which no literal can contain.
  private static let none = ([0xFDD0, 0xFFFF, 0x1FFFE] as [UInt32]).compactMap(Unicode.Scalar.init).map { String($0) }

  private static let scotland = "\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}"

  @Test(arguments: [
    Row(""), Row("Lunch?"), Row("<b>&amp;</b> %s"), Row("e\u{301} n\u{303}"), Row("漢字"),
    // Control characters and line breaks.
    Row("a\u{0}\u{1B}[0m\u{7F}\u{9B}b", line: "a[0mb", body: "a[0mb"),
    Row("a\u{85}\u{B}\u{C}b", line: "ab", body: "ab"),
    Row("a\r\nb\tc", line: "a b c", body: "a\nb\tc"), Row("a\u{2028}b\u{2029}", line: "a b", body: "a\nb\n"),
    Row("1\nMessage from root 14:05:32\n2", line: "1 Message from root 14:05:32 2"),
    // White space that could fill a line.
    Row("  a  b ", line: "a b"), Row("a \u{A0}\u{3000}\u{2003}b", line: "a b"),
    Row("a\u{3164}\u{3164}\u{2800}b", line: "a b"), Row("a \u{200D} \u{200D} b", line: "a b"),
    // Characters that change direction.
    Row("a\u{202E}b\u{202C}c\u{202A}\u{202B}\u{202D}", line: "abc", body: "abc"),
    Row("a \u{2068}b\u{2069} c", line: "a b c"), Row("\u{2066}a\u{2067}b\u{2069}c\u{2069}", line: "abc"),
    Row("\u{2067}a\nb\u{2069}", line: "a b", body: "a\nb"), Row("a\u{2069}b\u{2066}", line: "ab", body: "ab"),
    Row("\u{2067}a\u{2028}b", line: "a b", body: "a\nb"),
    Row("\u{200F}a\u{200E}b\u{61C}", line: "ab"),
    // Invisible characters in one line.
    Row("a\u{AD}b\u{200B}c\u{2060}d\u{2063}", line: "abcd"),
    Row("\u{FEFF}a\u{FFF9}b\u{FFFA}c\u{FFFB}\u{206E}", line: "abc", body: "abc"),
    Row("a\u{1D173}\u{1BCA0}\u{2065}", line: "a"),
    // Tags, in flags and elsewhere.
    Row(scotland), Row("a\u{E0061}\u{E007F}\u{E0001}", line: "a", body: "a"),
    Row("\u{1F3F4}\u{E0061}\u{E0062}\u{E007F}", line: "\u{1F3F4}", body: "\u{1F3F4}"),
    Row(String(scotland.unicodeScalars.dropLast()), line: "\u{1F3F4}", body: "\u{1F3F4}"),
    Row(
      "\u{1F3F4}" + String(repeating: "\u{E0061}", count: 8) + "\u{E007F}", line: "\u{1F3F4}", body: "\u{1F3F4}"),
    // Other emoji sequences.
    Row("👩‍👩‍👧‍👦🇪🇺❤️1️⃣👍🏽🏳️‍🌈"),
    // Noncharacters, which not everybody accepts.
    Row("a\(none[0])b\(none[1])\(none[2])", line: "ab", body: "ab"),
    // Marks that would cover other lines.
    Row("a" + marks(5) + "b" + marks(4), line: "a" + marks(4) + "b" + marks(4), body: "a" + marks(4) + "b" + marks(4)),
    Row(marks(9), line: marks(4), body: marks(4)), Row("ก" + marks(9, "\u{E47}"), line: "ก็็็็", body: "ก็็็็"),
    Row("a" + marks(9, "\u{20DD}"), line: "a" + marks(4, "\u{20DD}"), body: "a" + marks(4, "\u{20DD}")),
    Row(
      "a" + marks(4) + "\u{1}" + marks(4) + none[0] + marks(1), line: "a" + marks(4), body: "a" + marks(4)),
    Row(
      "a" + marks(4) + "\u{200D}" + marks(4), line: "a" + marks(4) + "\u{200D}", body: "a" + marks(4) + "\u{200D}"),
    Row("ᾅ\u{308}"), Row("བསྒྲུབས"), Row("שּֽׁ֑"),
    // Persian, Hindi, Mongolian, an Arabic number sign, a hieroglyph's format.
    Row("می\u{200C}خواهم"), Row("क्\u{200D}ष"), Row("ᠠ\u{180E}\u{180B}"), Row("\u{600}١"), Row("𓀀\u{13430}𓀀"),
  ]) func textsAreCleared(_ row: Row) {
    for (policy, expected) in [(TextPolicy.line, row.line), (.body, row.body)] {
      let cleared = policy.applied(to: row.text)
      // Not compared as strings, because strings with the same meaning are equal.
      #expect(Array(cleared.unicodeScalars) == Array((expected ?? row.text).unicodeScalars), "\(policy)")
      #expect(policy.applied(to: cleared) == cleared)
    }
  }

  @Test(arguments: [
    ("", true), (" \t\n", true), ("\u{3000}\u{A0}", true), ("\u{200B}\u{200D}\u{2066}", true),
    ("\u{3164}\u{2800}", true),
    ("\u{FE0F}\u{E0061}", true), ("\u{7}", true), ("a", false), ("\u{301}", false), ("\u{600}", false), ("　漢", false),
  ]) func blankTextsShowNothing(_ text: String, _ isBlank: Bool) { #expect(TextPolicy.isBlank(text) == isBlank) }

  @Test(arguments: [
    ("", 0), ("abc", 3), ("漢字", 4), ("e\u{301}", 1), ("a\u{200D}", 1), ("\u{378}", 2), ("👍", 2),
  ])
  func columnsAreThoseOfATerminal(_ text: String, _ columns: Int) { #expect(TextPolicy.columns(of: text) == columns) }
}
