/// The sender's name as popups show it, in a place where the sender can't write.
struct SenderName: Sendable, Equatable {
  /// The user's name, or the uid if the name could be mistaken for something else.
  let text: String
  /// Whether the sender is root, whose titles are shown unchanged.
  let isRoot: Bool

  /// The widest name that is shown, in columns of a terminal.
  static let columns = 40

  /// - Parameters:
  ///   - name: the name in the user database; from a directory server it may be any text.
  ///   - uid: the user's uid.
  init(_ name: String, uid: UInt32) {
    isRoot = uid == 0
    text = isRoot || Self.isFit(name) ? name : "uid \(uid)"
  }

  /// Makes the name of somebody on whose behalf a message is sent.
  ///
  /// - Parameter origin: the option `origin`, which has no characters that could be mistaken for anything.
  init(origin: String) {
    isRoot = false
    text = origin.count > Self.columns ? origin.prefix(Self.columns - 1) + "…" : origin
  }

  /// Returns the title of a message: the sender's name, then the title that the sender gave.
  ///
  /// - Parameters:
  ///   - given: the title that the sender gave.
  ///   - asks: whether the message asks for an answer. Then its title always says who asks, even if that is root.
  /// - Returns: the title; empty if the given title shows nothing, so that the service makes one.
  func title(_ given: String?, asks: Bool = false) -> String {
    guard let given, !TextPolicy.isBlank(given) else { return "" }
    return isRoot && !asks ? given : "\(text)\(directionMark): \(given)"
  }

  /// A mark for a name without letters. Such a name has no direction, and would stand wherever the title's letters put
  /// it. After this mark it stands first from the left (Unicode Standard Annex #9, P2).
  private var directionMark: String { text.unicodeScalars.contains { $0.properties.isAlphabetic } ? "" : "\u{200E}" }

  /// Whether titles can begin with a name: its characters all show, nobody can mistake it for root's or a number, and
  /// it contains nothing that would end it in a title. A mark behind such a character changes nothing for the eye.
  private static func isFit(_ name: String) -> Bool {
    !TextPolicy.isBlank(name) && TextPolicy.line.applied(to: name).utf8.elementsEqual(name.utf8)
      && TextPolicy.columns(of: name) <= columns && !name.unicodeScalars.contains(":") && name != "root"
      && !name.utf8.starts(with: "uid ".utf8)
  }
}
