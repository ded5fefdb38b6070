internal import MessengerContract

/// What a stranger said, fit for a sentence of ours: short, and by ``CharacterPolicy/quotation``.
struct Quotation: CustomStringConvertible {
  /// The most that is quoted, in Unicode code points.
  static let longest = 200

  let description: String

  /// Quotes the beginning of a text; what isn't quoted shows as an ellipsis.
  init(_ text: String) { description = CharacterPolicy.quotation.beginning(of: text, atMost: Self.longest) }
}
