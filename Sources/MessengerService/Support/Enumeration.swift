/// Several things in a sentence, of which so many are named and the others counted, where that is more than one.
struct Enumeration: CustomStringConvertible {
  /// How many are named where nothing else is said.
  static let most = 10

  let description: String

  /// - Parameters:
  ///   - things: such as recipients, in their order.
  ///   - most: how many of them are named.
  ///   - separator: what stands between two of them.
  init(_ things: some Collection<String>, most: Int = Self.most, separator: String = ", ") {
    let rest = things.count == most + 1 ? 0 : things.count - most
    let conjunction = separator == ", " ? " " : separator
    description =
      things.prefix(things.count - max(0, rest)).joined(separator: separator)
      + (rest > 0 ? "\(conjunction)and \(rest) more" : "")
  }
}
