internal import MessengerContract

/// What a terminal gets of a message, after the manner of write(1) and wall(1): a bell, a line that says who sends, the
/// title, and the text in lines of at most ``columns``.
///
/// No control characters but the bell and line ends get there, so that the sender can't operate the terminal. The
/// sender's words never begin at the left margin, so that they can't pass for the line that says who sends. Those of a
/// title follow the sender's name, unless that is root.
struct TerminalText {
  /// The width of a line, as in wall(1), in columns.
  static let columns = 79
  /// What stands before the sender's words.
  private static let margin = "  "
  private static let lineEnd = "\r\n"
  /// Room for the line that says how much is left out, and the last line end, in bytes.
  private static let endLength = 64

  private let beginning: String
  /// The text's lines, each with how many code points of the text it takes.
  private let lines: [(text: String, length: Int)]

  /// - Parameters:
  ///   - content: what the message says.
  ///   - host: this machine's name.
  init(of content: PopupContent, on host: String) {
    var heading = Self.wrapped("Message from \(content.sender) on \(host) at \(content.time):", besides: 0)
    if !content.title.isEmpty { heading += Self.wrapped(content.title, besides: 0) }
    beginning = Self.lineEnd + "\u{7}" + heading.map { $0.text + Self.lineEnd }.joined()
    lines = content.body.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
      Self.wrapped(String($0), besides: Self.margin.count)
    }
  }

  /// Returns what is written. If it is too long, the text's end is left out, and a line says so.
  ///
  /// - Parameter limit: the most bytes, at least a thousand.
  /// - Returns: the bytes, in UTF-8.
  func bytes(atMost limit: Int) -> [UInt8] {
    var bytes = Array(beginning.utf8)
    var rest = lines[...]
    while let line = rest.first {
      let next = Array((Self.margin + line.text + Self.lineEnd).utf8)
      guard bytes.count + next.count + Self.endLength <= limit else { break }
      bytes += next
      rest.removeFirst()
    }
    let missing = rest.reduce(0) { $0 + $1.length }
    if missing > 0 { bytes += Array("\(Self.margin)… (\(missing) more characters)\(Self.lineEnd)".utf8) }
    return bytes + Array(Self.lineEnd.utf8)
  }

  /// Breaks a line where it is too wide, after a space if there is one. All lines but the first get a margin, which the
  /// caller adds if the first gets it, too.
  ///
  /// - Parameters:
  ///   - text: the line.
  ///   - indentation: the width of the margin that the caller adds to all lines, in columns.
  /// - Returns: the lines, at least one.
  private static func wrapped(_ text: String, besides indentation: Int) -> [(text: String, length: Int)] {
    var result: [(text: String, length: Int)] = []
    var line = WrappedLine()
    func margin() -> String { result.isEmpty || indentation > 0 ? "" : Self.margin }
    for scalar in text.unicodeScalars {
      if !line.takes(scalar, within: columns - indentation - margin().count) {
        let margin = margin()
        let (done, rest) = line.broken(before: scalar)
        result.append((margin + done.text, done.length))
        line = rest
      }
      line.append(scalar)
    }
    return result + [(margin() + line.text, line.length)]
  }
}
