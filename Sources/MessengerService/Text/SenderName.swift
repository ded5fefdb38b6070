/// Who sent a message, as its popups say it: where the sender can't write.
struct SenderName: Sendable, Equatable {
  /// The user's name; where it could be taken for something else, the user's number.
  let text: String
  /// Whether the administrator is the sender, whose titles are shown as they are.
  let isRoot: Bool

  /// The widest name that is shown, in columns of a terminal.
  static let columns = 40

  /// - Parameters:
  ///   - name: as the user database has it, which may be anything where it comes from a directory server.
  ///   - uid: whose it is.
  init(_ name: String, uid: UInt32) {
    isRoot = uid == 0
    text = isRoot || Self.isFit(name) ? name : "uid \(uid)"
  }

  /// The title of a message: what the sender gave, after the sender's name. Empty where there is nothing to see in what
  /// the sender gave, for the service to give one.
  func title(_ given: String?) -> String {
    guard let given, !TextPolicy.isBlank(given) else { return "" }
    return isRoot ? given : "\(text)\(directionMark): \(given)"
  }

  /// A name without letters has no direction, and would stand wherever the title's letters put it; after this mark it
  /// stands first from the left (Unicode Standard Annex #9, P2).
  private var directionMark: String { text.unicodeScalars.contains { $0.properties.isAlphabetic } ? "" : "\u{200E}" }

  /// Whether a name is one that titles can begin with: of characters that only show, which nobody can take for root's
  /// or a number, and without what ends it there.
  private static func isFit(_ name: String) -> Bool {
    !TextPolicy.isBlank(name) && TextPolicy.line.applied(to: name).utf8.elementsEqual(name.utf8)
      && TextPolicy.columns(of: name) <= columns && !name.contains(":") && name != "root"
      && !name.hasPrefix("uid ")
  }
}
