/// Which characters of a text from outside may stand in some place, and what stands there instead of others.
///
/// What may stand on a popup is another matter: the service's `TextPolicy`.
public struct CharacterPolicy: Sendable {
  private let replacement: Unicode.Scalar
  private let isAdmitted: @Sendable (Unicode.Scalar) -> Bool

  /// A policy.
  ///
  /// - Parameters:
  ///   - replacement: what stands for a character that isn't admitted.
  ///   - isAdmitted: whether a character may stand there.
  private init(replacement: Unicode.Scalar, _ isAdmitted: @escaping @Sendable (Unicode.Scalar) -> Bool) {
    self.replacement = replacement
    self.isAdmitted = isAdmitted
  }

  /// Whether a character may stand there.
  public func admits(_ scalar: Unicode.Scalar) -> Bool { isAdmitted(scalar) }

  /// Whether a whole text may.
  public func admits(_ text: some StringProtocol) -> Bool { text.unicodeScalars.allSatisfy(isAdmitted) }

  /// A text, with the replacement for each character that isn't admitted.
  public func applied(to text: some StringProtocol) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(isAdmitted(scalar) ? scalar : replacement) }
    return String(result)
  }

  /// The beginning of a text, with an ellipsis where that isn't all.
  ///
  /// - Parameters:
  ///   - text: the text.
  ///   - length: how much of it, in Unicode code points: a single character can have any number of them.
  /// - Returns: the beginning, by this policy.
  public func beginning(of text: String, atMost length: Int) -> String {
    let isWhole = text.unicodeScalars.dropFirst(length).isEmpty
    return applied(to: String(String.UnicodeScalarView(text.unicodeScalars.prefix(length)))) + (isWhole ? "" : "…")
  }

  private static let missing: Unicode.Scalar = "\u{FFFD}"

  /// A record of a log: one line, for a second one could be forged.
  public static let logLine = CharacterPolicy(replacement: " ") { !$0.endsLineOrControls }

  /// A line on a terminal, which control characters could steer.
  public static let terminalLine = CharacterPolicy(replacement: missing) { !$0.endsLineOrControls }

  /// The same where a tab separates fields.
  public static let terminalFields = CharacterPolicy(replacement: missing) { $0 == "\t" || !$0.endsLineOrControls }

  /// A stranger's words in a sentence of ours: what does nothing but show. Not so what turns the direction of the text
  /// after it.
  public static let quotation = CharacterPolicy(replacement: " ") { scalar in
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
    default: true
    }
  }

  /// A word in a dialogue that asks for a password: what can't pass for the dialogue's own text or mark it up (polkit's
  /// agents differ in what they take for markup).
  public static let passwordDialogue = CharacterPolicy(replacement: missing) {
    $0.properties.isAlphabetic || "0123456789*+-./:?@[]\\_".unicodeScalars.contains($0)
  }

  /// A name in a list that a polkit rule sees: it can't pass for two.
  public static let listedName = CharacterPolicy(replacement: missing) {
    $0 != "," && $0.properties.generalCategory != .control
  }

  /// A word that a shell takes as it is. bash expands `$(…)` in what it is offered, and a session's display or a file
  /// may be called so by somebody else.
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
