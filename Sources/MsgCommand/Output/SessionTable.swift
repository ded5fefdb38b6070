import MessengerClient
import MessengerContract

/// Sessions in the columns of `query session`.
struct SessionTable {
  private static let header = [" SESSIONNAME", "USERNAME", "ID", "STATE", "TYPE", "DEVICE"]
  /// The least width of each column, with the space before the next one: query session's. The last one ends the line.
  private static let leastWidths = [19, 22, 5, 8, 12]
  /// The column whose cells end, rather than begin, at the same place.
  private static let id = 2

  /// The table. A column is as wide as its widest cell, so that all lines have the same columns.
  ///
  /// - Parameters:
  ///   - sessions: its lines.
  ///   - own: the session that is marked by `>`; nil for none.
  /// - Returns: the heading and a line for each session.
  static func lines(of sessions: [Session], own: String?) -> [String] {
    let rows = [header] + sessions.map { cells(of: $0, isOwn: $0.id == own) }
    let widths = leastWidths.indices.map { column in
      // Between an id, which ends at its column's end, and the state there are two spaces.
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
  /// What the session is seen on: the host that it came from, its seat, or its display.
  fileprivate var device: String { [remoteHost, seat, display].first { !$0.isEmpty } ?? "" }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
