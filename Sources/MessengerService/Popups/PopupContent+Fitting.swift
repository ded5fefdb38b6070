/// What of a popup's content a notification server is given.
extension PopupContent {
  /// Returns what a server is given: shortened if that is needed, and with the progress as a line of text if the server
  /// draws no bar for it.
  func fitted(to quirks: NotificationServerQuirks, capabilities: Set<String>) -> PopupContent {
    var content = abridged(for: quirks, capabilities: capabilities)
    if let progress, !quirks.drawsProgress { content.body += "\n\(progress)%" }
    return content
  }

  /// Returns the same content, shortened so that the buttons stay on the screen, if one of them shows the whole text.
  func abridged(for quirks: NotificationServerQuirks, capabilities: Set<String>) -> PopupContent {
    guard let whole, whole.window.showsText, combining?.isDone != true, WholeText.isNeeded(for: body),
      quirks.growsWithText, capabilities.contains("actions")
    else { return self }
    var content = self
    content.body = WholeText.beginning(of: body) + "…"
    return content
  }
}
