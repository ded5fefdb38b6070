/// A line for a terminal, as it grows.
struct WrappedLine {
  /// The distance of tab stops, in columns.
  private static let tabWidth = 8

  private var scalars = String.UnicodeScalarView()
  private var columns = 0
  /// How many code points of the sender's text it takes, with those that terminals don't get.
  private(set) var length = 0

  /// The line without spaces at its end.
  var text: String {
    var text = Substring(String(scalars))
    while text.unicodeScalars.last == " " { text.unicodeScalars.removeLast() }
    return String(text)
  }

  /// Whether a character still fits into a number of columns. A space at the end does, because it isn't written. So
  /// does a mark, which belongs to the character before it.
  func takes(_ scalar: Unicode.Scalar, within limit: Int) -> Bool {
    scalars.isEmpty || scalar == " " || columns + Self.width(of: scalar, at: columns) <= limit || Self.isMark(scalar)
  }

  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    isTaken(scalar) && scalar != "\t" && TextPolicy.columns(of: String(Character(scalar))) == 0
  }

  /// Adds a character, if terminals get it.
  mutating func append(_ scalar: Unicode.Scalar) {
    length += 1
    let width = Self.width(of: scalar, at: columns)
    if scalar == "\t" {
      scalars.append(contentsOf: String(repeating: " ", count: width).unicodeScalars)
    } else if Self.isTaken(scalar) {
      scalars.append(scalar)
    }
    columns += width
  }

  /// Breaks the line before a character that it doesn't take, if possible after its last space.
  ///
  /// - Returns: the line that ends there, and the one that begins.
  func broken(before next: Unicode.Scalar) -> (done: WrappedLine, rest: WrappedLine) {
    guard next != "\t", let space = scalars.lastIndex(of: " ") else { return (self, WrappedLine()) }
    let word = scalars[scalars.index(after: space)...]
    guard word.count < scalars.count - 1 else { return (self, WrappedLine()) }
    var (done, rest) = (self, WrappedLine())
    for scalar in word { rest.append(scalar) }
    done.scalars = String.UnicodeScalarView(scalars[...space])
    done.length -= rest.length
    return (done, rest)
  }

  /// The most columns that a terminal may give a character. A line that is wider than it seems would wrap, and the
  /// sender's words begin at the left margin.
  ///
  /// A mark counts one, because consoles of Linux before 6.13 give it a place of its own. So does U+FE0F, behind which
  /// some terminals show a symbol as a wide picture.
  private static func width(of scalar: Unicode.Scalar, at column: Int) -> Int {
    if scalar == "\t" { return tabWidth - column % tabWidth }
    return isTaken(scalar) ? max(1, TextPolicy.columns(of: String(Character(scalar)))) : 0
  }

  /// Whether terminals get a character: none that operates them (ECMA-48, 5.2 and 5.3), ends a line, or changes the
  /// direction of what follows, which a break would leave without its end.
  private static func isTaken(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F...0x9F, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: false
    default: true
    }
  }
}
