/// The texts of a desktop's popups, no two of them alike. Of equal popups dunst shows only the last and LXQt only the
/// first, and KDE refuses the second within a second.
struct UniqueTexts {
  private var texts: Set<[String]> = []

  /// An invisible character, which is no space that a server may trim.
  private static let wordJoiner = "\u{2060}"

  /// Adds a popup's text.
  ///
  /// - Returns: the content; if the same text stands already, with something invisible added to its title.
  mutating func enter(_ content: PopupContent) -> PopupContent {
    var content = content
    while !texts.insert([content.title, content.body]).inserted { content = Self.varied(content) }
    return content
  }

  /// Returns the content with something invisible added.
  static func varied(_ content: PopupContent) -> PopupContent {
    var content = content
    content.title += wordJoiner
    return content
  }

  /// Removes the text of a popup that has ended.
  mutating func leave(_ content: PopupContent) { texts.remove([content.title, content.body]) }
}
