extension String {
  /// The text with each `{name}` that is known replaced by its word. The standard library's `replacing(_:with:)` would
  /// bring regular expressions into the program, a seventh of its size.
  ///
  /// - Parameter words: by name.
  /// - Returns: the text; words are taken as they are, whatever is in them.
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
