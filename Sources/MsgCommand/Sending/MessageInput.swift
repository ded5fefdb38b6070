/// Reads the message from standard input.
enum MessageInput {
  /// The longest input, in bytes: far more than any service accepts, and small enough to keep in memory.
  static let limit = 1 << 20

  /// Reads the message. Asks for it on a terminal.
  ///
  /// - Returns: the text with its line breaks, except one at its end.
  /// - Throws: an ``InputError`` if it is too long or isn't UTF-8.
  static func read(from surroundings: Surroundings) throws -> String {
    if surroundings.isInputTerminal {
      surroundings.complain(
        "Enter message to send; end message by pressing CTRL-D on a new line. CTRL-C sends nothing.")
    }
    let bytes = try surroundings.readInput(limit)
    guard bytes.count <= limit else { throw InputError.content("standard input is longer than \(limit) bytes") }
    let text = try UTF8Text.decode(bytes, source: "standard input")
    // Windows' line break is one Character, too.
    return text.last == "\n" || text.last == "\r\n" ? String(text.dropLast()) : text
  }
}
