/// The texts of a desktop's popups, no two of them alike: of equal ones dunst shows only the last, LXQt only the first,
/// and KDE refuses the second within a second.
struct UniqueTexts {
  private var texts: Set<[String]> = []

  /// Nothing that shows, and no space that a server may trim.
  private static let wordJoiner = "\u{2060}"

  /// Enters a popup's text.
  ///
  /// - Returns: the content, whose title differs by something invisible where the text stands there already.
  mutating func enter(_ content: PopupContent) -> PopupContent {
    var content = content
    while !texts.insert([content.title, content.body]).inserted { content = Self.varied(content) }
    return content
  }

  /// The content with something invisible added.
  static func varied(_ content: PopupContent) -> PopupContent {
    var content = content
    content.title += wordJoiner
    return content
  }

  /// Takes out the text of a popup that has ended.
  mutating func leave(_ content: PopupContent) { texts.remove([content.title, content.body]) }
}
