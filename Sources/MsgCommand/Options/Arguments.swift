import ArgumentParser

extension ParsableCommand {
  /// Parses words in the GNU manner.
  ///
  /// - Throws: an ``InputError``, or a `CleanExit` with the text of the help, the version or the completions.
  static func read(_ words: [String]) throws -> Self {
    do {
      return try parse(words)
    } catch {
      guard exitCode(for: error).isSuccess else { throw InputError.usage(message(for: error)) }
      let text = fullMessage(for: error)
      throw CleanExit.message(text.hasSuffix("\n") ? text : text + "\n")
    }
  }

  /// Answers the calls of completion scripts, and those that ask for the scripts themselves.
  static func answerShell(_ words: [String]) throws {
    let questions = ["---completion", "--generate-completion-script", "--experimental-dump-help"]
    guard let first = words.first, questions.contains(where: { first.hasPrefix($0) }) else { return }
    _ = try read(words)
  }
}
