/// A list in a sentence. It names a number of things, and counts the rest if there is more than one.
struct Enumeration: CustomStringConvertible {
  /// How many are named by default.
  static let most = 10

  let description: String

  /// - Parameters:
  ///   - things: the things in their order, such as recipients.
  ///   - most: how many of them are named.
  ///   - separator: the text between two of them.
  init(_ things: some Collection<String>, most: Int = Self.most, separator: String = ", ") {
    let rest = things.count == most + 1 ? 0 : things.count - most
    let conjunction = separator == ", " ? " " : separator
    description =
      things.prefix(things.count - max(0, rest)).joined(separator: separator)
      + (rest > 0 ? "\(conjunction)and \(rest) more" : "")
  }
}
