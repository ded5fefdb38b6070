internal import MessengerContract

/// The checks of what a message asks.
extension SendOptions {
  /// What the message asks; `nil` if it only has buttons that acknowledge it.
  var question: Question? {
    if let ask { return .words(hint: ask) }
    return choices.isEmpty ? nil : .choice(choices)
  }

  /// Checks that a message asks one thing at most, and the lengths of what it asks.
  ///
  /// - Throws: `InvalidArgument`, naming the option.
  func checkQuestion() throws {
    let asking = [(SendOption.ask, ask != nil), (.choices, !choices.isEmpty), (.replies, !replies.isEmpty)]
    let given = asking.filter(\.1).map(\.0.rawValue)
    guard given.count < 2 else {
      throw MessengerError(
        .invalidArgument, "the options \(given[0]) and \(given[1]) exclude each other: leave one of them out")
    }
    if let question = given.first, question != SendOption.replies.rawValue, let window, window != .never {
      throw MessengerError(
        .invalidArgument,
        "the options \(question) and window exclude each other: leave window out, a popup opens a window to answer in")
    }
    if let ask { try Self.checkLength(of: ask, "the option ask", atMost: AnswerRules.hintLength) }
    guard choices.count <= AnswerRules.mostChoices else {
      throw Self.wrongChoice("there are \(choices.count) choices, and at most \(AnswerRules.mostChoices) are taken")
    }
    var seen: Set<String> = []
    for choice in choices {
      if TextPolicy.isBlank(choice) { throw Self.wrongChoice("nothing of a choice is visible") }
      try Self.checkLength(of: choice, "the option choices: a choice", atMost: AnswerRules.choiceLength)
      guard seen.insert(choice).inserted else { throw Self.wrongChoice("'\(Quotation(choice))' is there twice") }
    }
  }

  private static func wrongChoice(_ reason: String) -> MessengerError {
    MessengerError(.invalidArgument, "the option choices: \(reason)")
  }
}
