import MessengerClient
import MessengerContract

/// Sessions in the columns of `query session`.
struct SessionTable {
  private static let header = [" SESSIONNAME", "USERNAME", "ID", "STATE", "TYPE", "DEVICE"]
  /// The least width of each column with the space after it, as in query session. The last column has none.
  private static let leastWidths = [19, 22, 5, 8, 12]
  /// The column that is aligned at its right.
  private static let id = 2

  /// The table. Each column is at least as wide as its widest cell.
  ///
  /// - Parameters:
  ///   - sessions: the sessions, a line each.
  ///   - own: the session that `>` marks. Nil for none.
  /// - Returns: the heading and a line for each session.
  static func lines(of sessions: [Session], own: String?) -> [String] {
    let rows = [header] + sessions.map { cells(of: $0, isOwn: $0.id == own) }
    let widths = leastWidths.indices.map { column in
      // An id ends at its column's end. Two spaces separate it from the state.
      let gap = column == id ? 0 : 1
      return max(leastWidths[column], (rows.map { TerminalWidth.of($0[column]) }.max() ?? 0) + gap)
    }
    return rows.map { line($0, widths) }
  }

  private static func cells(of session: Session, isOwn: Bool) -> [String] {
    [
      (isOwn ? ">" : " ") + session.name, session.userName, session.id, session.state.capitalizedFirst, session.type,
      session.device,
    ]
  }

  private static func line(_ cells: [String], _ widths: [Int]) -> String {
    var line = ""
    for (column, cell) in cells.enumerated() {
      let padding = column < widths.count ? String(repeating: " ", count: widths[column] - TerminalWidth.of(cell)) : ""
      line += column == id ? padding + cell + "  " : cell + padding
    }
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}

extension Session {
  /// The device that shows the session: the host that it came from, its seat, or its display.
  fileprivate var device: String { [remoteHost, seat, display].first { !$0.isEmpty } ?? "" }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
