/// The characters that look like the square before a message's title in a ``CombinedContent``, in some font.
///
/// They are whole classes, because fonts differ in what is filled, large or square.
enum CombinedMark {
  /// What texts contain instead of such a character.
  static let instead: Unicode.Scalar = "·"

  /// Whether a character looks like the square.
  static func isLike(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x220E: false  // most texts
    case 0x220E, 0x2395: true  // end of proof, APL quad
    case 0x23F8...0x23FA: true  // buttons to pause, stop and record
    case 0x2588: false  // the full block is as tall as the line, and draws bars
    case 0x2580...0x25FF: true  // Block Elements, Geometric Shapes
    case 0x2B12...0x2B2F, 0x2B4F...0x2B59, 0x2BBD...0x2BCF: true  // squares and other shapes
    case 0xFFED, 0xFFEE: true  // halfwidth forms
    case 0x1CC00...0x1CEBF, 0x1FB00...0x1FBFF: true  // Symbols for Legacy Computing, with its supplement
    case 0x1F532...0x1F533, 0x1F780...0x1F7FF: true  // buttons, and Geometric Shapes Extended
    default: false
    }
  }
}
