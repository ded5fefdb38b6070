/// What msgd itself writes on popups, in English, and so the ids of gettext's catalogs (`po/`).
enum PopupText: String, CaseIterable {
  /// The button that acknowledges.
  case ok = "OK"
  /// The title where the sender gives none. What stands in braces is filled in.
  case heading = "Message from {sender} {time}"
  /// The button that opens a window with the whole text.
  case showAll = "Show all"
  /// A button of that window: closing it acknowledges.
  case close = "Close"
}
