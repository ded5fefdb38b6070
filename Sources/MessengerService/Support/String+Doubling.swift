extension String {
  /// Returns the text with each of one code point twice, so that a program takes it for no escape.
  ///
  /// In Swift a character may be more than one code point: a mark joins the one before it, U+0600 the one behind. The
  /// programs still see the escape.
  func doubling(_ doubled: Unicode.Scalar) -> String {
    String(UnicodeScalarView(unicodeScalars.flatMap { $0 == doubled ? [$0, $0] : [$0] }))
  }
}
