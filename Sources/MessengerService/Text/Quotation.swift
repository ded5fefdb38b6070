/// What a stranger said, fit for a sentence of ours: short, and of one line of characters that do nothing but show.
struct Quotation: CustomStringConvertible {
  /// The most that is quoted, in Unicode scalars: a single character can have any number of them.
  static let longest = 200

  let description: String

  /// Quotes the beginning of a text; what isn't quoted shows as an ellipsis.
  init(_ text: String) {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(Self.longest) { scalars.append(Self.shows(scalar) ? scalar : " ") }
    let isWhole = text.unicodeScalars.dropFirst(Self.longest).isEmpty
    description = String(scalars) + (isWhole ? "" : "…")
  }

  /// Not so line breaks, and what moves a terminal's cursor or turns the direction of the text after it.
  private static func shows(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
    default: true
    }
  }
}
