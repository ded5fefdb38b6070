internal import MessengerContract

/// How a popup takes the answer to its message's question.
enum AnswerForm: Sendable, Equatable {
  /// The popup has a field for text, behind a button with this label.
  case field(label: String, hint: String)
  /// The popup has a button for each choice.
  case buttons([String])
  /// A button of the popup, or a click on it, opens a window that takes the answer.
  case window

  /// The action with which a server shows a field for text (Plasma; SwayNotificationCenter, if it is so configured).
  static let fieldAction = "inline-reply"
  /// The capability of such a server.
  static let fieldCapability = "inline-reply"
  /// The action of the button that opens a window for the answer.
  static let windowAction = "answer"
  /// The hint with the text that the empty field shows.
  static let placeholderHint = "x-kde-reply-placeholder-text"

  /// The buttons of the popup.
  var buttons: [Reply] {
    switch self {
    case .window: []
    case .field(let label, _): [Reply(key: Self.fieldAction, label: label)]
    case .buttons(let choices): choices.enumerated().map { Reply(key: "choice-\($0.offset + 1)", label: $0.element) }
    }
  }

  /// The answers that buttons stand for, by the buttons' keys.
  var choices: [String: String] {
    guard case .buttons = self else { return [:] }
    return Dictionary(uniqueKeysWithValues: buttons.map { ($0.key, $0.label) })
  }

  /// Whether the popup has a field for text.
  var hasField: Bool { if case .field = self { true } else { false } }

  /// Whether a popup has room for a button for each choice, beside buttons with other labels.
  static func hasRoom(for choices: [String], besides others: [String] = []) -> Bool {
    let columns = choices.map(TextPolicy.columns)
    return choices.count + others.count <= ReplyRules.most && columns.allSatisfy { $0 <= ReplyRules.labelColumns }
      && others.map(TextPolicy.columns).reduce(columns.reduce(0, +), +) <= ReplyRules.allLabelsColumns
  }
}
