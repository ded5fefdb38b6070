/// A name in which `*` stands for any number of characters, even none, and `?` for one. A name without either means
/// itself.
struct NamePattern: Sendable, Equatable {
  /// The pattern as it was written.
  let text: String

  /// Whether it may mean more than one name.
  let hasWildcards: Bool

  init(_ text: String) {
    self.text = text
    hasWildcards = text.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
  }

  /// Whether it matches all of a name.
  func matches(_ name: String) -> Bool {
    guard hasWildcards else { return name == text }
    var rest = Array(name)[...]
    var pattern = Array(text)[...]
    // The last star in the pattern, and what it has not matched yet. It matches one more character if what follows it
    // doesn't fit.
    var retry: (pattern: ArraySlice<Character>, rest: ArraySlice<Character>)?
    while !rest.isEmpty || !pattern.isEmpty {
      if pattern.first == "*" {
        retry = (pattern, rest)
        pattern.removeFirst()
      } else if let next = pattern.first, let character = rest.first, next == "?" || next == character {
        pattern.removeFirst()
        rest.removeFirst()
      } else if let (star, left) = retry, !left.isEmpty {
        retry = (star, left.dropFirst())
        (pattern, rest) = (star.dropFirst(), left.dropFirst())
      } else {
        return false
      }
    }
    return true
  }
}
