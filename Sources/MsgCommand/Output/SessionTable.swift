import MessengerClient

/// Sessions in the columns of `query session`.
struct SessionTable {
  private static let header = [" SESSIONNAME", "USERNAME", "ID", "STATE", "TYPE", "DEVICE"]
  /// Where each column begins, counted from 0; the id alone ends before its number.
  private static let columns = [0, 19, 46, 48, 56, 68]

  /// The table.
  ///
  /// - Parameters:
  ///   - sessions: its lines.
  ///   - own: the session that is marked by `>`; nil for none.
  /// - Returns: the heading and a line for each session.
  static func lines(of sessions: [Session], own: String?) -> [String] {
    [line(header)]
      + sessions.map { session in
        let marker = session.id == own ? ">" : " "
        return line([
          marker + session.name, session.userName, session.id, session.state.capitalizedFirst, session.type,
          session.device,
        ])
      }
  }

  /// Cells in their columns; one that is too long pushes the others to the right and is not cut.
  private static func line(_ cells: [String]) -> String {
    var line = ""
    for (index, cell) in cells.enumerated() {
      let isRightAligned = index == 2
      let start = isRightAligned ? columns[index] - cell.count : columns[index]
      let gap = index == 0 ? 0 : max(1, start - line.count)
      line += String(repeating: " ", count: gap) + cell
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
