internal import MessengerContract

/// What the recipient's desktop says that the recipient has typed.
struct Answer: Sendable, Equatable {
  /// The text as it came; empty if it is too long.
  private let said: String
  /// Whether it has more than ``AnswerRules/answerLength`` code points. Nothing of such an answer is kept, because a
  /// part of it could say something else.
  let isTooLong: Bool

  /// Takes a text of any length.
  init(_ said: String) {
    isTooLong = !said.unicodeScalars.dropFirst(AnswerRules.answerLength).isEmpty
    self.said = isTooLong ? "" : said
  }

  /// The answer as the sender gets it, on one line: see ``TextPolicy/line``. It may be empty.
  var text: String { TextPolicy.line.applied(to: said) }
}
