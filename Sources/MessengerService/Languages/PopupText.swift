/// The texts that msgd itself writes on popups, in English. They are also the ids in gettext's catalogs (`po/`).
enum PopupText: String, CaseIterable {
  /// The button that acknowledges a message.
  case ok = "OK"
  /// The title of a message whose sender gives none. The words in braces are filled in.
  case heading = "Message from {sender} {time}"
  /// The button that opens a window with the whole text.
  case showAll = "Show all"
  /// The button that closes that window, and so acknowledges the message.
  case close = "Close"
  /// The buttons that put a message off. The number is filled in.
  case laterSeconds = "Later: {number} s"
  case laterMinutes = "Later: {number} min"
  case laterHours = "Later: {number} h"
  case laterDays = "Later: {number} d"
  /// The title of a popup that holds several messages. The number is filled in; no word of it depends on the number.
  case messages = "Messages: {count}"
  /// The button behind which the user answers in words.
  case answer = "Answer"
  /// The button that opens a list of answers to choose from.
  case choose = "Choose…"
}
