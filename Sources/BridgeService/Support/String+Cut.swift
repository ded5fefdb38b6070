extension String {
  /// Returns at most so many code points of it, with an ellipsis if some are left out.
  func cut(to length: Int) -> String {
    guard unicodeScalars.count > length else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.prefix(length - 1))) + "…"
  }
}
