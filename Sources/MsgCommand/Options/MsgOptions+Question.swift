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
