internal import CTerminal

/// How wide a text is on a terminal.
enum TerminalWidth {
  /// The columns of a text without control characters: East Asian wide characters have two, combining marks none.
  static func of(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + Int(msg_columns($1.value)) } }
}
