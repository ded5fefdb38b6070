internal import CTerminal

/// Measures texts on a terminal.
enum TerminalWidth {
  /// The width of a text without control characters, in columns. East Asian wide characters have two, combining marks
  /// none.
  static func of(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + Int(msg_columns($1.value)) } }

  /// Returns as much of the beginning of a text without control characters as that many columns have room for.
  static func prefix(of text: String, columns: Int) -> String {
    var rest = columns
    let fitting = text.unicodeScalars.prefix {
      rest -= Int(msg_columns($0.value))
      return rest >= 0
    }
    return String(fitting)
  }
}
