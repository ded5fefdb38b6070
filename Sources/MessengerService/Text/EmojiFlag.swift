/// The flags of parts of countries, such as Scotland's: a black flag and tags that name the part (Unicode Technical
/// Standard #51, "Valid Emoji Tag Sequences").
enum EmojiFlag {
  private static let blackFlag: Unicode.Scalar = "\u{1F3F4}"
  private static let endOfTags: Unicode.Scalar = "\u{E007F}"
  /// A country of two letters or three digits, and one to four letters or digits for its part (Unicode Technical
  /// Standard #35, `unicode_subdivision_id`).
  private static let lengthOfName = 3...7

  /// Returns how many code points at a text's beginning form such a flag; 0 for none.
  static func length(at text: Substring.UnicodeScalarView) -> Int {
    guard text.first == blackFlag else { return 0 }
    let name = text.dropFirst().prefix(lengthOfName.upperBound).prefix(while: isTag)
    let length = 1 + name.count + 1
    return lengthOfName.contains(name.count) && text.dropFirst(length - 1).first == endOfTags ? length : 0
  }

  /// Whether a code point is the tag of a digit or a small letter.
  private static func isTag(_ scalar: Unicode.Scalar) -> Bool {
    0xE0030...0xE0039 ~= scalar.value || 0xE0061...0xE007A ~= scalar.value
  }
}
