/// A text of which a popup shows only the beginning, and the window that shows all of it.
struct WholeText: Sendable, Equatable {
  /// The label of the popup's button.
  var label: String
  /// The window.
  var window: WindowContent

  /// Desktops show about six lines (GNOME Shell, xfce4-notifyd) of about 40 characters.
  private static let mostLines = 6
  private static let mostScalars = 250

  /// Whether popups show only the beginning of a text.
  static func isNeeded(for body: String) -> Bool {
    var scalars = 0
    var lines = 1
    for scalar in body.unicodeScalars {
      scalars += 1
      if scalar == "\n" { lines += 1 }
    }
    return lines > mostLines || scalars > mostScalars
  }

  /// Returns what popups show of a text that msgd shortens itself.
  static func beginning(of body: String) -> String {
    var kept = ""
    var scalars = 0
    var lines = 1
    for character in body {
      scalars += character.unicodeScalars.count
      if character.isNewline { lines += 1 }
      guard lines <= mostLines, scalars <= mostScalars else { break }
      kept.append(character)
    }
    // A single character may have as many code points as a whole text.
    return kept.isEmpty ? String(String.UnicodeScalarView(body.unicodeScalars.prefix(mostScalars))) : kept
  }

  /// The widest title of a popup, in columns. MATE doesn't wrap a title of less than 1280 pixels, and the beginning of
  /// a wide title is then off the screen. On dunst and mako a longer title leaves no room for the text.
  private static let titleColumns = 60

  /// Whether popups show only the beginning of a title.
  static func isNeeded(forTitle title: String) -> Bool { TextPolicy.columns(of: title) > titleColumns }

  /// Returns what popups show of a title.
  static func beginning(ofTitle title: String) -> String {
    guard isNeeded(forTitle: title) else { return title }
    var kept = ""
    var columns = 1  // the ellipsis
    for character in title {
      columns += TextPolicy.columns(of: String(character))
      guard columns <= titleColumns else { break }
      kept.append(character)
    }
    return kept + "…"
  }
}

extension WholeText {
  /// Makes a text to read.
  ///
  /// - Parameters:
  ///   - label: the label of the popup's button.
  ///   - heading: the window's title, without the sender's words: see ``WindowContent/heading``.
  ///   - closeLabel: the label of the window's second button, if it has one.
  ///   - text: the text that the window shows.
  ///   - unit: the beginning of the unit's name, unique among the user's units.
  ///   - programs: the programs that may show it.
  init(label: String, heading: String, closeLabel: String, text: String, unit: String, programs: [WindowProgram]) {
    self.label = label
    window = WindowContent(
      kind: .text(closeLabel: closeLabel), heading: heading, text: text, unit: unit, programs: programs)
  }
}
