/// The flags of countries' parts, such as Scotland's: a black flag and tags that name the part (Unicode Technical
/// Standard #51, "Valid Emoji Tag Sequences").
enum EmojiFlag {
  private static let blackFlag: Unicode.Scalar = "\u{1F3F4}"
  private static let endOfTags: Unicode.Scalar = "\u{E007F}"
  /// A country of two letters or three digits, and one to four letters or digits of its part (Unicode Technical
  /// Standard #35, `unicode_subdivision_id`).
  private static let lengthOfName = 3...7

  /// How many code points of a text's beginning are such a flag; 0 where none is.
  static func length(at text: Substring.UnicodeScalarView) -> Int {
    guard text.first == blackFlag else { return 0 }
    let name = text.dropFirst().prefix(lengthOfName.upperBound).prefix(while: isTag)
    let length = 1 + name.count + 1
    return lengthOfName.contains(name.count) && text.dropFirst(length - 1).first == endOfTags ? length : 0
  }

  /// The tags of digits and small letters.
  private static func isTag(_ scalar: Unicode.Scalar) -> Bool {
    0xE0030...0xE0039 ~= scalar.value || 0xE0061...0xE007A ~= scalar.value
  }
}
