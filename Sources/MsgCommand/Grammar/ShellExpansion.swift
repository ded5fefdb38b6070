/// Catches an unquoted `*`, which the shell has replaced by the names in the current folder. `msg` would take the first
/// name as the recipient and the others as the message.
enum ShellExpansion {
  /// - Parameters:
  ///   - words: the recipient and the words of the message.
  ///   - everyone: how to write "everyone", quoted in the error.
  ///   - listing: returns up to `limit` of the names in the current folder, without hidden ones.
  /// - Throws: an ``InputError`` if the words begin with all these names, in any order.
  static func check(
    _ words: [String], everyone: String = "'*' or --all", listing: (_ limit: Int) -> [String]
  ) throws {
    // One name more than there are words is enough, however large the folder is.
    let listing = listing(words.count + 1)
    guard !listing.isEmpty, words.count >= listing.count, Set(words.prefix(listing.count)) == Set(listing) else {
      return
    }
    throw InputError.content(
      "the words are this folder's files: the shell has expanded *. To reach everyone, write \(everyone); "
        + "for a user of a file's name, write user:\(words[0])")
  }
}
