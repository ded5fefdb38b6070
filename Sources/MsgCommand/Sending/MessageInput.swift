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
    return try text(of: bytes, from: "standard input")
  }

  /// Reads the message from a file.
  ///
  /// - Returns: the text with its line breaks, except one at its end.
  /// - Throws: an ``InputError`` if the file can't be read, is too long or isn't UTF-8.
  static func read(file path: String, in surroundings: Surroundings) throws -> String {
    try text(of: surroundings.readFile(path, limit), from: path)
  }

  private static func text(of bytes: [UInt8], from source: String) throws -> String {
    guard bytes.count <= limit else { throw InputError.content("\(source) is longer than \(limit) bytes") }
    let text = try UTF8Text.decode(bytes, source: source)
    // Windows' line break is one Character, too.
    return text.last == "\n" || text.last == "\r\n" ? String(text.dropLast()) : text
  }
}
