/// The version of a notification server, as `GetServerInformation` returns it: numbers with dots, such as `48.7`.
///
/// A text that doesn't begin with a number is taken for the newest version, because servers lose deviations as they
/// grow older rather than get the former ones again. Within a version, `alpha`, `beta` and `rc` come before `0`. A
/// version comes before all that begin with it: `51`, `51.alpha`, `51.0`.
struct NotificationServerVersion: Sendable, Comparable, ExpressibleByStringLiteral {
  /// Its numbers; empty for the newest version.
  private let numbers: [Int]

  /// Reads a version. What follows the numbers is ignored, and so is a `v` before them.
  init(_ text: String) {
    let parts = text.drop { $0 == "v" }.split(separator: ".", omittingEmptySubsequences: false)
    let numbers = parts.map(Self.number).prefix { $0 != nil }.compactMap { $0 }
    self.numbers = numbers.first.map { $0 < 0 } == true ? [] : numbers
  }

  private static func number(_ part: Substring) -> Int? {
    Int(part.prefix { $0.isASCII && $0.isNumber }) ?? previews[String(part.prefix { $0.isLetter })]
  }

  /// How GNOME names what precedes a version, such as `51.beta`.
  private static let previews = ["alpha": -3, "beta": -2, "rc": -1]

  init(stringLiteral text: String) { self.init(text) }

  static func < (one: Self, other: Self) -> Bool {
    guard !one.numbers.isEmpty, !other.numbers.isEmpty else { return !one.numbers.isEmpty && other.numbers.isEmpty }
    return one.numbers.lexicographicallyPrecedes(other.numbers)
  }
}
