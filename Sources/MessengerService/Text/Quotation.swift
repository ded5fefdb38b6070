internal import MessengerContract

/// A stranger's words, made fit for a sentence of msgd's: shortened, and filtered by ``CharacterPolicy/quotation``.
struct Quotation: CustomStringConvertible {
  /// The longest quotation, in Unicode code points.
  static let longest = 200

  let description: String

  /// Quotes the beginning of a text, with an ellipsis for the rest.
  init(_ text: String) { description = CharacterPolicy.quotation.beginning(of: text, atMost: Self.longest) }
}
