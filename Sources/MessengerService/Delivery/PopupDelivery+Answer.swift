internal import MessengerContract

/// Chooses how a question is answered on a desktop: on the popup if that is possible, otherwise in a window.
extension PopupDelivery {
  /// Returns the window that takes the answer to a question.
  ///
  /// - Parameters:
  ///   - question: the question.
  ///   - content: what the message says.
  ///   - unit: the beginning of the unit's name.
  ///   - catalog: the recipient's language.
  ///   - programs: the installed programs.
  /// - Returns: the window; `nil` if none of the programs can ask the question.
  static func window(
    for question: Question, of content: PopupContent, _ unit: String, by catalog: MessageCatalog,
    among programs: [WindowProgram]
  ) -> WholeText? {
    let programs = WindowProgram.ableToAsk(question, among: programs)
    guard !programs.isEmpty else { return nil }
    let (label, kind): (String, WindowContent.Kind) =
      switch question {
      case .words: (catalog[.answer], .entry(answerLabel: catalog[.answer], closeLabel: catalog[.close]))
      case .choice(let choices): (catalog[.choose], .list(choices))
      }
    return WholeText(
      label: label,
      window: WindowContent(
        kind: kind, heading: content.heading(by: catalog),
        text: content.title.isEmpty ? content.body : "\(content.title)\n\n\(content.body)", unit: unit,
        programs: programs))
  }

  /// Returns a content with the form in which its question is answered on a desktop, if there is one.
  func answerable(_ content: PopupContent, by catalog: MessageCatalog, on desktop: Desktop) -> PopupContent {
    guard let question = content.question else { return content }
    var content = content
    let capabilities = desktop.server.capabilities
    switch question {
    case .words(let hint)
    where capabilities.contains(AnswerForm.fieldCapability) && !desktop.server.quirks.mayLackField:
      content.answer = .field(label: catalog[.answer], hint: hint)
    case .choice(let choices)
    where capabilities.contains("actions") && AnswerForm.hasRoom(for: choices, besides: content.later.map(\.label)):
      content.answer = .buttons(choices)
    default: content.answer = content.whole != nil && capabilities.contains("actions") ? .window : nil
    }
    if content.answer != .window { content.whole = nil }
    return content
  }

  /// Checks that a desktop has a form in which a question can be answered.
  ///
  /// - Throws: `Failed`, with the reason.
  func checkAnswerable(_ content: PopupContent, on desktop: Desktop) throws {
    guard content.question != nil, content.answer == nil else { return }
    guard desktop.server.capabilities.contains("actions") else {
      throw MessengerError(.failed, "the desktop's popups have no buttons, so nobody could answer")
    }
    guard desktop.manager.isPresent || desktop.managerElsewhere != nil else {
      throw MessengerError(
        .failed, "no window for the answer can be opened: the user's systemd is not on the session bus")
    }
    throw MessengerError(.failed, "there is no program for answers: install zenity or kdialog")
  }
}
