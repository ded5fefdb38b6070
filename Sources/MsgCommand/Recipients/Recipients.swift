/// The recipients of a message, from the command line's one word.
enum Recipients {
  /// More than this in a file of recipients, in bytes, is a mistake.
  static let maximumFileSize = 1 << 16

  /// Recipients separated by commas, each a name or a file of names.
  ///
  /// - Parameters:
  ///   - word: such as `alice,@list`.
  ///   - isMessageRead: whether standard input is the message, and so can't be a file of recipients, too.
  ///   - surroundings: where files are read.
  /// - Returns: the names, each once.
  /// - Throws: a ``InputError`` that names the file or what is wrong with the word.
  static func read(_ word: String, isMessageRead: Bool, in surroundings: Surroundings) throws -> [String] {
    guard !word.isEmpty else { throw InputError.usage("the recipient is empty") }
    let names = word.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard !names.contains("") else { throw InputError.usage("a recipient in '\(word)' is empty") }
    return unique(try names.flatMap { try expanded($0, isMessageRead, surroundings) })
  }

  private static func expanded(
    _ name: String, _ isMessageRead: Bool, _ surroundings: Surroundings
  ) throws -> [String] {
    guard name.hasPrefix("@") else { return [name] }
    let path = String(name.dropFirst())
    guard !path.isEmpty else { throw InputError.usage("@ needs a file's name, as in @list; @- is standard input") }
    guard path == "-" else {
      return try RecipientFile.names(in: surroundings.readFile(path, maximumFileSize), of: path)
    }
    guard !isMessageRead else {
      throw InputError.usage("standard input can't be both recipients and message: write the message after @-")
    }
    return try RecipientFile.names(in: surroundings.readInput(maximumFileSize), of: "standard input")
  }

  private static func unique(_ names: [String]) -> [String] {
    // Most messages have one: the first set of a process takes as long as all else that is done with names.
    guard names.count > 1 else { return names }
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}

/// A file of recipients: names separated by white space, on as many lines as one likes. From `#` on, a line is a
/// comment.
enum RecipientFile {
  /// The names in a file.
  ///
  /// - Parameters:
  ///   - bytes: its content, UTF-8 with or without a byte order mark.
  ///   - source: what to call it in the error.
  /// - Returns: the names in the file's order; at least one.
  /// - Throws: a ``InputError`` where it is too long, not UTF-8, or names nobody.
  static func names(in bytes: [UInt8], of source: String) throws -> [String] {
    guard bytes.count <= Recipients.maximumFileSize else {
      throw InputError.content(
        "\(source) is longer than \(Recipients.maximumFileSize) bytes: is it a list of recipients?")
    }
    if let position = bytes.firstIndex(of: 0) {
      throw InputError.content("\(source) has a null character at byte \(position + 1): is it a list of recipients?")
    }
    let text = try UTF8Text.decode(bytes, source: source).unicodeScalars
    let lines = text.drop { $0 == "\u{FEFF}" }.split { $0 == "\n" || $0 == "\r" }
    let names = lines.flatMap { $0.prefix { $0 != "#" }.split { $0.properties.isWhitespace } }.map {
      String(Substring($0))
    }
    guard !names.isEmpty else { throw InputError.content("\(source) names no recipient") }
    if let file = names.first(where: { $0.hasPrefix("@") }) {
      throw InputError.content("\(source) names another file, \(file): only recipients can stand in it")
    }
    return names
  }
}
