internal import CTerminal

/// The parts of a sender's text that desktops show, depending on the place.
///
/// The characters are those of Unicode 16. Characters that change direction are listed in Unicode Standard Annex #9,
/// "Directional Formatting Characters", and invisible ones in Annex #44, `Default_Ignorable_Code_Point`.
///
/// In both places noncharacters are left out, because sd-bus accepts no text with them (mako and others then refuse all
/// of it). The fifth mark on a letter and all further ones are left out too.
enum TextPolicy {
  /// Titles, labels and names: one line, which begins with msgd's own words or stands on a button.
  ///
  /// Nothing in it may end the line, or turn, hide or join what stands before it. So it has no control or format
  /// characters. Several white spaces become one space, because they could fill a line. The exceptions affect only
  /// their neighbours: U+200C and U+200D, which Arabic and Indic scripts need and which join emoji, and U+180E of
  /// Mongolian; format characters that show, such as the Arabic number sign; emoji flags.
  case line
  /// Bodies: any number of lines, under a title that says who sent them.
  ///
  /// All characters are kept, except:
  /// - control characters other than tab and newline; U+2028 and U+2029 become newlines;
  /// - embeddings and overrides (U+202A to U+202E), which can show a text in another order than programs read it;
  /// - isolates (U+2066 to U+2069) that don't begin and end in the same line, so that they affect no other line;
  /// - deprecated and internal format characters (U+206A to U+206F, U+FEFF, U+FFF9 to U+FFFB; The Unicode Standard,
  ///   23.2 to 23.9), and tags (U+E0000 to U+E007F) outside flags, because a text can hide another in them.
  case body

  /// Returns the text as it is shown.
  func applied(to text: String) -> String {
    switch self {
    case .line: Self.line(text)
    case .body: Self.withoutStrayIsolates(Self.filtered(text, keeping: Self.isTakenInBodies))
    }
  }

  /// Whether a text shows nothing.
  static func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(isBlank) }

  /// Returns the most columns that a text takes on a terminal. Characters that the C library doesn't know yet count as
  /// wide.
  static func columns(of text: String) -> Int {
    text.unicodeScalars.reduce(0) { columns, scalar in
      let known = Int(msg_columns(scalar.value))
      return columns + (known > 0 || isMark(scalar) || isHidden(scalar) ? known : 2)
    }
  }

  /// Filters a line. Characters that take no room are left out after a space too, because between two spaces they would
  /// keep both.
  private static func line(_ text: String) -> String {
    var kept = String.UnicodeScalarView()
    var isAfterSpace = false
    for scalar in filtered(text, keeping: isTakenInLines) {
      if isSpace(scalar) {
        isAfterSpace = true
      } else if !isHidden(scalar) || !isAfterSpace && !kept.isEmpty {
        if isAfterSpace, !kept.isEmpty { kept.append(" ") }
        kept.append(scalar)
        isAfterSpace = false
      }
    }
    return String(kept)
  }

  private static func filtered(
    _ text: String, keeping isTaken: (Unicode.Scalar) -> Bool
  ) -> String.UnicodeScalarView {
    var kept = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    var tower = MarkTower()
    while let scalar = rest.first {
      let length = EmojiFlag.length(at: rest)
      if length > 0 {
        kept.append(contentsOf: rest.prefix(length))
        tower = MarkTower()
      } else if isLineBreak(scalar) {
        kept.append("\n")
        tower = MarkTower()
      } else if isTaken(scalar), !scalar.properties.isNoncharacterCodePoint, tower.takes(scalar) {
        kept.append(scalar)
      }
      rest = rest.dropFirst(max(1, length))
    }
    return kept
  }

  /// The marks on a letter. They pile up above and below it without limit, over the lines around, which include the
  /// sender's name.
  private struct MarkTower {
    /// As many as writing needs: Greek with accents 3; Tibetan, Burmese, and Arabic with all its signs 4.
    private static let most = 4
    private var height = 0

    /// Counts the next character.
    ///
    /// - Returns: whether it may be kept.
    mutating func takes(_ scalar: Unicode.Scalar) -> Bool {
      guard !scalar.isASCII else {
        height = 0
        return true
      }
      if TextPolicy.isHidden(scalar) { return true }  // a joiner or selector between marks makes no new letter
      guard TextPolicy.isMark(scalar) else {
        height = 0
        return true
      }
      height += 1
      return height <= Self.most
    }
  }

  private static func isLineBreak(_ scalar: Unicode.Scalar) -> Bool { ["\n", "\u{2028}", "\u{2029}"].contains(scalar) }

  private static func isTakenInLines(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar == "\t" || !isControl(scalar) }
    switch scalar.properties.generalCategory {
    case .control: return false
    case .format: return ["\u{180E}", "\u{200C}", "\u{200D}"].contains(scalar) || !isHidden(scalar)
    case .unassigned: return !isHidden(scalar)
    default: return true
    }
  }

  private static func isTakenInBodies(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x20...0x7E: true
    case 0x202A...0x202E, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F: false
    default: !isControl(scalar)
    }
  }

  /// Removes isolates that don't end in their line, and stray ends of isolates. A line's end closes them (Annex #9,
  /// P1), but some desktops put spaces in place of newlines.
  private static func withoutStrayIsolates(_ scalars: String.UnicodeScalarView) -> String {
    var open: [Int] = []
    var strays: Set<Int> = []
    for (place, scalar) in scalars.enumerated() {
      switch scalar.value {
      case 0x0A:
        strays.formUnion(open)
        open = []
      case 0x2066...0x2068: open.append(place)
      case 0x2069: if open.popLast() == nil { strays.insert(place) }
      default: break
      }
    }
    strays.formUnion(open)
    guard !strays.isEmpty else { return String(scalars) }
    var kept = String.UnicodeScalarView()
    for (place, scalar) in scalars.enumerated() where !strays.contains(place) { kept.append(scalar) }
    return String(kept)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value }

  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .enclosingMark, .nonspacingMark: true
    default: false
    }
  }

  /// Whether a character has no appearance of its own. Annotations (U+FFF9 to U+FFFB) have none either, but lack the
  /// property.
  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isDefaultIgnorableCodePoint || 0xFFF9...0xFFFB ~= scalar.value
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    isSpace(scalar) || isControl(scalar) || isHidden(scalar)
  }

  /// Whether a character is white space, or looks like it: a Braille pattern without dots, and Hangul fillers.
  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return [" ", "\t", "\n"].contains(scalar) }
    return scalar.properties.isWhitespace || ["\u{2800}", "\u{3164}", "\u{FFA0}"].contains(scalar)
  }
}
