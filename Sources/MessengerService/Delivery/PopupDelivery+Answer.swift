internal import MessengerContract

/// Chooses how a question is answered on a desktop.
extension PopupDelivery {
  /// Returns a content with the form in which its question is answered on a desktop.
  static func answerable(_ content: PopupContent, by catalog: MessageCatalog, on desktop: Desktop) -> PopupContent {
    guard let question = content.question else { return content }
    var content = content
    let capabilities = desktop.server.capabilities
    switch question {
    case .words(let hint) where capabilities.contains(AnswerForm.fieldCapability):
      content.answer = .field(label: catalog[.answer], hint: hint)
    case .choice(let choices) where capabilities.contains("actions") && AnswerForm.hasRoom(for: choices):
      content.answer = .buttons(choices)
    default: break
    }
    return content
  }

  /// Checks that a desktop has a form in which a question can be answered.
  ///
  /// - Throws: `Failed`, with the reason.
  static func checkAnswerable(_ content: PopupContent) throws {
    guard let question = content.question, content.answer == nil else { return }
    switch question {
    case .words: throw MessengerError(.failed, "the desktop's popups have no field for an answer")
    case .choice: throw MessengerError(.failed, "the desktop's popups have no room for buttons for all choices")
    }
  }
}
