import ArgumentParser

extension ParsableCommand {
  /// Parses words in the GNU manner.
  ///
  /// - Throws: a ``InputError``, or a `CleanExit` with the text where help, the version or completions are asked for.
  static func read(_ words: [String]) throws -> Self {
    do {
      return try parse(words)
    } catch {
      guard exitCode(for: error).isSuccess else { throw InputError.usage(message(for: error)) }
      let text = fullMessage(for: error)
      throw CleanExit.message(text.hasSuffix("\n") ? text : text + "\n")
    }
  }

  /// Answers what no person types: the questions of completion scripts, and for the scripts themselves.
  static func answerShell(_ words: [String]) throws {
    let questions = ["---completion", "--generate-completion-script", "--experimental-dump-help"]
    guard let first = words.first, questions.contains(where: { first.hasPrefix($0) }) else { return }
    _ = try read(words)
  }
}
