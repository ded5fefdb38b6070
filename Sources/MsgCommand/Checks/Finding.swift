/// What one check of `msg --doctor` came to.
struct Finding: Sendable, Equatable {
  /// How it is.
  enum State: String, Sendable, CaseIterable {
    /// All is well.
    case ok
    /// Nothing is broken, but it is good to know.
    case note
    /// It keeps messages from their recipients, or what the administrator wrote is not in force.
    case wrong
    /// It could not be checked, for something else is wrong.
    case unknown
  }

  /// What was checked, such as `bus policy`.
  let check: String
  let state: State
  /// What was found: one line.
  let text: String
  /// Why, a line each; often the words of whoever refused.
  var reasons: [String] = []
  /// What fixes it, a line each: commands, one after the other or to choose from.
  var fixes: [String] = []
}

extension Finding {
  /// The finding for people: a line, and indented lines with its reasons and what fixes it.
  var lines: [String] {
    let mark = state.rawValue + String(repeating: " ", count: Self.indent.count - state.rawValue.count)
    return ["\(mark)\(check): \(text)"]
      + reasons.map { "\(Self.indent)because: \($0)" }
      + fixes.map { "\(Self.indent)fix: \($0)" }
  }

  private static let indent = "         "

  /// The finding for programs.
  ///
  /// - Parameter host: the machine's name, as it was asked for.
  /// - Returns: what `--doctor --json` prints on one line.
  func json(host: String) -> JSONObject {
    JSONObject([
      "host": .text(host),
      "check": .text(check),
      "state": .text(state.rawValue),
      "text": .text(text),
      "reason": .text(orNull: reasons.isEmpty ? nil : reasons.joined(separator: "\n")),
      "fix": .text(orNull: fixes.isEmpty ? nil : fixes.joined(separator: "\n")),
    ])
  }
}
