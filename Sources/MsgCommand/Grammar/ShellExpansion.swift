/// Catches an unquoted `*`, which the shell has replaced by the current folder's names: the first of them would be
/// taken as the recipient and the others as the message.
enum ShellExpansion {
  /// - Parameters:
  ///   - words: the recipient and the words of the message.
  ///   - everyone: what means everyone, for the error.
  ///   - listing: so many of the names in the current folder but for hidden ones.
  /// - Throws: a ``InputError`` where the words begin with all those names, in any order.
  static func check(
    _ words: [String], everyone: String = "'*' or --all", listing: (_ limit: Int) -> [String]
  ) throws {
    // One more name than there are words says enough, however large the folder is.
    let listing = listing(words.count + 1)
    guard !listing.isEmpty, words.count >= listing.count, Set(words.prefix(listing.count)) == Set(listing) else {
      return
    }
    throw InputError.content(
      "the words are this folder's files: the shell has expanded *. To reach everyone, write \(everyone); "
        + "for a user of a file's name, write user:\(words[0])")
  }
}
