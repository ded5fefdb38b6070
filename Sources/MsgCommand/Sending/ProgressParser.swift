/// Finds how much of something is done in what its program prints.
///
/// Lines count that are a number, as zenity reads them, and lines that end in a number with `%`. A carriage return ends
/// a line too, because programs rewrite theirs with it. The number may have decimals, which are cut off.
struct ProgressParser {
  /// The percentage that was last read; nil if there was none.
  private(set) var percent: UInt32?
  /// The end of the line that is being read, and whether its beginning was dropped.
  private var line: [UInt8] = []
  private var isCut = false

  /// How much of a line's end is looked at, in bytes.
  private static let longest = 64

  /// Reads further bytes.
  mutating func read(_ bytes: [UInt8]) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        endLine()
      } else {
        if line.count == 2 * Self.longest {
          line.removeFirst(Self.longest)
          isCut = true
        }
        line.append(byte)
      }
    }
  }

  /// Takes the last line, which may lack its end.
  mutating func endLine() {
    if let number = Self.number(in: String(decoding: line, as: UTF8.self), mayBeAlone: !isCut) { percent = number }
    (line, isCut) = ([], false)
  }

  private static func number(in line: String, mayBeAlone: Bool) -> UInt32? {
    let words = line.split(whereSeparator: \.isWhitespace)
    guard var word = words.last else { return nil }
    if word.last == "%" {
      word = word.dropLast()
      // `[ 45%` and `(45%` end so, too.
      word = word.suffix(while: { $0.isNumber || $0 == "." || $0 == "-" })
    } else if words.count != 1 || !mayBeAlone {
      return nil
    }
    guard let number = Double(word), number.isFinite else { return nil }
    return UInt32(min(100, max(0, number)))
  }
}

extension Substring {
  /// The longest end whose characters all fulfil a condition.
  fileprivate func suffix(while condition: (Character) -> Bool) -> Substring {
    self[(lastIndex { !condition($0) }.map(index(after:)) ?? startIndex)...]
  }
}
