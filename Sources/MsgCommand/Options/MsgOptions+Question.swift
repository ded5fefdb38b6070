import MessengerContract

/// The options that ask for an answer.
extension MsgOptions {
  /// Whether the message asks for an answer, which `msg` waits for.
  var asks: Bool { !asking.isEmpty }

  private var asking: [String] {
    [("--reply", !reply.isEmpty), ("--ask", ask != nil), ("--choose", !choose.isEmpty)].filter(\.1).map(\.0)
  }

  /// Checks that the message asks one thing at most.
  ///
  /// - Throws: an ``InputError`` that names two options, or what is wrong with a choice.
  func checkQuestion() throws {
    let asking = asking
    guard asking.count < 2 else { throw InputError.usage("\(asking[0]) and \(asking[1]) can't be combined") }
    if let question = asking.first, question != "--reply", let window, window != .never {
      throw InputError.usage("\(question) and --window can't be combined: the popup opens a window to answer in")
    }
    if let length = ask?.unicodeScalars.count, length > AnswerRules.hintLength {
      throw InputError.usage(
        "the placeholder of --ask has \(length) characters; at most \(AnswerRules.hintLength) are taken")
    }
    if let long = choose.first(where: { $0.unicodeScalars.count > AnswerRules.choiceLength }) {
      throw InputError.usage(
        "a choice has \(long.unicodeScalars.count) characters; at most \(AnswerRules.choiceLength) are taken")
    }
    guard choose.count <= AnswerRules.mostChoices else {
      throw InputError.usage("\(choose.count) choices; at most \(AnswerRules.mostChoices) are taken")
    }
    guard !choose.contains(where: { $0.allSatisfy(\.isWhitespace) }) else {
      throw InputError.usage("a choice is empty")
    }
    var seen: Set<String> = []
    if let choice = choose.first(where: { !seen.insert($0).inserted }) {
      throw InputError.usage("the choice '\(choice)' is there twice")
    }
  }
}
