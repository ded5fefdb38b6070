/// The letters that take more room in a popup than a terminal's columns say, as far as any font is known for it. With
/// them a sender could fill lines that are other messages'.
enum BroadLetters {
  /// Returns how many columns a text takes, where such a letter has two.
  static func columns(of text: String) -> Int {
    text.unicodeScalars.reduce(TextPolicy.columns(of: text)) { columns, scalar in
      columns + (isBroad(scalar) && TextPolicy.columns(of: String(scalar)) == 1 ? 1 : 0)
    }
  }

  /// Whether a character is a whole phrase, or as long as one: a dash of two letters or three, cuneiform signs, and the
  /// Arabic ligatures that are words.
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x2E3A, 0x2E3B, 0xA9C5, 0xFDF0...0xFDFF, 0x12000...0x1254F: true
    default: false
    }
  }

  private static func isBroad(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "M", "W", "m", "w", "@", "%", "&", "Æ", "Œ", "—", "―", "…", "‰": true
    case "Ж", "М", "Ш", "Щ", "Ю", "Ы", "ж", "ш", "щ", "ю": true
    default:
      switch scalar.value {
      case 0..<0x0700: false  // Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic
      case 0x1E00..<0x2190: false  // more Latin and Greek, punctuation
      default: true
      }
    }
  }
}
