/// The markup of popups (Desktop Notifications, "Markup") and of windows (Pango).
enum Markup {
  /// Escapes a text so that it appears unchanged as markup.
  static func escaped(_ text: String) -> String {
    // By code points: a "<" with a combining mark is another character, but a parser of markup still sees the "<".
    text.unicodeScalars.reduce(into: "") { escaped, scalar in
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
  }
}
