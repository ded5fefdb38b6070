internal import CTerminal

/// Measures texts on a terminal.
enum TerminalWidth {
  /// The width of a text without control characters, in columns. East Asian wide characters have two, combining marks
  /// none.
  static func of(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + Int(msg_columns($1.value)) } }
}
