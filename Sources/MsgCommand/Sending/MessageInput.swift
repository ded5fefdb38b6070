/// Takes the message from standard input.
enum MessageInput {
  /// The most that is read, in bytes: far more than any service takes, and little enough to hold.
  static let limit = 1 << 20

  /// Reads the message, asking for it where somebody is there to type.
  ///
  /// - Returns: the text with its line breaks, without one at its end.
  /// - Throws: a ``InputError`` for what is too long or not UTF-8.
  static func read(from surroundings: Surroundings) throws -> String {
    if surroundings.isInputTerminal {
      surroundings.complain(
        "Enter message to send; end message by pressing CTRL-D on a new line. CTRL-C sends nothing.")
    }
    let bytes = try surroundings.readInput(limit)
    guard bytes.count <= limit else { throw InputError.content("standard input is longer than \(limit) bytes") }
    let text = try UTF8Text.decode(bytes, source: "standard input")
    // A line break of Windows is one character, too.
    return text.last == "\n" || text.last == "\r\n" ? String(text.dropLast()) : text
  }
}
