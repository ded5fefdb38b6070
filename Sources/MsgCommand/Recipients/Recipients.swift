/// The recipients of a message, from the command line's one word.
enum Recipients {
  /// The largest file of recipients, in bytes. A larger one is a mistake.
  static let maximumFileSize = 1 << 16

  /// Recipients separated by commas, each a name or a file of names.
  ///
  /// - Parameters:
  ///   - word: for example `alice,@list`.
  ///   - isMessageRead: whether standard input is the message. Then it can't be a file of recipients as well.
  ///   - surroundings: reads the files.
  /// - Returns: the names, each once.
  /// - Throws: an ``InputError`` that names the file or the mistake in the word.
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
    // Most messages have one recipient. The first set of a process costs as much as all other work on names.
    guard names.count > 1 else { return names }
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}

/// A file of recipients: names separated by white space, on any number of lines. `#` begins a comment.
enum RecipientFile {
  /// The names in a file.
  ///
  /// - Parameters:
  ///   - bytes: the content, UTF-8 with or without a byte order mark.
  ///   - source: the file's name in the error.
  /// - Returns: the names in the file's order, at least one.
  /// - Throws: an ``InputError`` if it is too long, isn't UTF-8, or names nobody.
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
