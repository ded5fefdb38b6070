extension String {
  /// Returns the text with each known `{name}` replaced by its word. The standard library's `replacing(_:with:)` would
  /// add regular expressions to the program, a seventh of its size.
  ///
  /// - Parameter words: the words by name.
  /// - Returns: the text. Braces in the words are not replaced.
  func filled(with words: [String: String]) -> String {
    var parts = split(separator: "{", omittingEmptySubsequences: false)[...]
    var result = String(parts.removeFirst())
    for part in parts {
      let pieces = part.split(separator: "}", maxSplits: 1, omittingEmptySubsequences: false)
      if pieces.count == 2, let word = words[String(pieces[0])] {
        result += word + pieces[1]
      } else {
        result += "{" + part
      }
    }
    return result
  }
}
