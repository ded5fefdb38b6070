/// A rule about which characters of a text from outside are permitted in some place, and what replaces the others.
///
/// The characters permitted on popups are another matter: see the service's `TextPolicy`.
public struct CharacterPolicy: Sendable {
  private let replacement: Unicode.Scalar
  private let isAdmitted: @Sendable (Unicode.Scalar) -> Bool

  /// Makes a policy.
  ///
  /// - Parameters:
  ///   - replacement: replaces each character that isn't permitted.
  ///   - isAdmitted: says whether a character is permitted.
  private init(replacement: Unicode.Scalar, _ isAdmitted: @escaping @Sendable (Unicode.Scalar) -> Bool) {
    self.replacement = replacement
    self.isAdmitted = isAdmitted
  }

  /// Whether a character is permitted.
  public func admits(_ scalar: Unicode.Scalar) -> Bool { isAdmitted(scalar) }

  /// Whether all characters of a text are permitted.
  public func admits(_ text: some StringProtocol) -> Bool { text.unicodeScalars.allSatisfy(isAdmitted) }

  /// Returns a text with each character that isn't permitted replaced.
  public func applied(to text: some StringProtocol) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(isAdmitted(scalar) ? scalar : replacement) }
    return String(result)
  }

  /// Returns the beginning of a text, with an ellipsis if there is more.
  ///
  /// - Parameters:
  ///   - text: the text.
  ///   - length: the length of the beginning in Unicode code points, because a single character can have any number of
  ///     them.
  /// - Returns: the beginning, filtered by this policy.
  public func beginning(of text: String, atMost length: Int) -> String {
    let isWhole = text.unicodeScalars.dropFirst(length).isEmpty
    return applied(to: String(String.UnicodeScalarView(text.unicodeScalars.prefix(length)))) + (isWhole ? "" : "…")
  }

  private static let missing: Unicode.Scalar = "\u{FFFD}"

  /// A record of a log. It is one line, because a second line could be a forged record.
  public static let logLine = CharacterPolicy(replacement: " ") { !$0.endsLineOrControls }

  /// A line on a terminal, which control characters could manipulate.
  public static let terminalLine = CharacterPolicy(replacement: missing) { !$0.endsLineOrControls }

  /// The same with tabs between fields.
  public static let terminalFields = CharacterPolicy(replacement: missing) { $0 == "\t" || !$0.endsLineOrControls }

  /// A stranger's words in a sentence of msgd's or msg's. Only characters that merely show are permitted, not those
  /// that change the direction of the text after them.
  public static let quotation = CharacterPolicy(replacement: " ") { scalar in
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
    default: true
    }
  }

  /// A word in a dialogue that asks for a password. Only characters are permitted that can't pass for the dialogue's
  /// own text or mark it up (polkit's agents differ in the markup that they accept).
  public static let passwordDialogue = CharacterPolicy(replacement: missing) {
    $0.properties.isAlphabetic || "0123456789*+-./:?@[]\\_".unicodeScalars.contains($0)
  }

  /// A name in a list that a polkit rule sees. It can't pass for two names.
  public static let listedName = CharacterPolicy(replacement: missing) {
    $0 != "," && $0.properties.generalCategory != .control
  }

  /// A word that a shell takes literally. bash expands `$(…)` in completions, and somebody else may have given such a
  /// name to a session's display or a file.
  public static let shellWord = CharacterPolicy(replacement: missing) {
    $0.properties.isAlphabetic || "0123456789%+,-./:=?@[]^_".unicodeScalars.contains($0)
  }
}

extension Unicode.Scalar {
  fileprivate var endsLineOrControls: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
