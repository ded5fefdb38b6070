/// The result of one check of `msg --doctor`.
struct Finding: Sendable, Equatable {
  /// The state of the part that was checked.
  enum State: String, Sendable, CaseIterable {
    /// All is well.
    case ok
    /// Nothing is broken, but the user should know it.
    case note
    /// It keeps messages from their recipients, or the configuration is not in force as it is written.
    case wrong
    /// It could not be checked, because something else is wrong.
    case unknown
  }

  /// The name of the check, such as `bus policy`.
  let check: String
  let state: State
  /// The finding, in one line.
  let text: String
  /// The reasons, a line each. They often quote an error.
  var reasons: [String] = []
  /// Commands that fix it, a line each: a sequence, or alternatives.
  var fixes: [String] = []
}

extension Finding {
  /// The finding for people: a line, then indented lines with the reasons and the fixes.
  var lines: [String] {
    let mark = state.rawValue + String(repeating: " ", count: Self.indent.count - state.rawValue.count)
    return ["\(mark)\(check): \(text)"]
      + reasons.map { "\(Self.indent)because: \($0)" }
      + fixes.map { "\(Self.indent)fix: \($0)" }
  }

  private static let indent = "         "

  /// The finding as JSON.
  ///
  /// - Parameter host: the machine's name, as the user wrote it.
  /// - Returns: the line that `--doctor --json` prints.
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
