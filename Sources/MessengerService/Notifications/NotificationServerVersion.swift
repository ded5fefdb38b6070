/// The version of a notification server, as `GetServerInformation` returns it: numbers with dots, such as `48.7`.
///
/// A text that doesn't begin with a number is taken for the newest version, because servers lose deviations as they
/// grow older rather than get the former ones again.
struct NotificationServerVersion: Sendable, Comparable, ExpressibleByStringLiteral {
  /// Its numbers; empty for the newest version.
  private let numbers: [Int]

  /// Reads a version. What follows the numbers is ignored, and so is a `v` before them.
  init(_ text: String) {
    numbers = text.drop { $0 == "v" }.split(separator: ".", omittingEmptySubsequences: false)
      .map { Int($0.prefix { $0.isASCII && $0.isNumber }) }
      .prefix { $0 != nil }.compactMap { $0 }
  }

  init(stringLiteral text: String) { self.init(text) }

  static func < (one: Self, other: Self) -> Bool {
    guard !one.numbers.isEmpty, !other.numbers.isEmpty else { return !one.numbers.isEmpty && other.numbers.isEmpty }
    return one.numbers.lexicographicallyPrecedes(other.numbers)
  }
}
