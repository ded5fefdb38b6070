/// The command lines of the programs. Everybody on the machine may read them, so a text goes by standard input. The
/// labels of buttons can't.
extension WindowProgram {
  /// Returns the program's names and arguments: of one command, or of two that follow each other.
  func commands(for content: WindowContent) -> [[String]] {
    switch name {
    case .zenity: zenity(content)
    case .kdialog: kdialog(content)
    case .xmessage: [xmessage(content)]
    }
  }

  /// The width and height of a window, in pixels.
  private func size(for content: WindowContent) -> (width: Int, height: Int) {
    WholeText.isNeeded(for: content.text) ? (600, 400) : (480, 220)
  }

  /// How many pixels a button of zenity 4 takes, which puts three or more below each other.
  private static let zenityButton = 56

  private func zenity(_ content: WindowContent) -> [[String]] {
    var (width, height) = size(for: content)
    let title = "--title=" + content.heading
    let labels: [String]
    switch content.kind {
    // It has two buttons, of which one would say Cancel, although there is nothing to cancel.
    case .text(let closeLabel): labels = ["--cancel-label=" + closeLabel]
    case .buttons(let buttons, let closeLabel):
      let buttons = Self.zenityLabels(buttons)
      if buttons.count > 1 { height += (buttons.count + 1) * Self.zenityButton }
      labels =
        ["--ok-label=" + (buttons.first ?? ""), "--cancel-label=" + closeLabel]
        + buttons.dropFirst().map { "--extra-button=" + $0 }
    case .entry(let answerLabel, let closeLabel):
      let heading = Self.withoutEscapes(content.heading).doubling("_")
      let entry = ["zenity", "--entry", title, "--text=" + heading, "--width=480"]
      let text = ["zenity", "--text-info", title, "--ok-label=" + answerLabel, "--cancel-label=" + closeLabel]
      return (content.showsText ? [text + ["--width=\(width)", "--height=\(height)"]] : []) + [entry]
    case .list:
      let heading = Markup.escaped(Self.withoutEscapes(content.heading))
      let list = ["zenity", "--list", title, "--text=" + heading, "--column=answer", "--hide-header"]
      return [list + ["--width=480", "--height=400"]]
    }
    return [["zenity", "--text-info", title] + labels + ["--width=\(width)", "--height=\(height)"]]
  }

  /// The labels that zenity shows, and prints as they are here. No two are equal: an invisible character makes the
  /// difference. One underscore would underline the next letter.
  static func zenityLabels(_ labels: [String]) -> [String] {
    labels.indices.map { index in
      labels[index].doubling("_")
        + String(repeating: "\u{200B}", count: labels[..<index].count { $0 == labels[index] })
    }
  }

  /// Returns a text above a field or a list as zenity and kdialog take it: a backslash begins an escape.
  private static func withoutEscapes(_ text: String) -> String { text.doubling("\\") }

  /// Returns a text above kdialog's field, where an ampersand underlines the letter after it.
  private static func withoutMnemonics(_ text: String) -> String { text.doubling("&") }

  /// Returns a text in the form in which the program shows it as it is. kdialog takes a line that may be HTML for HTML,
  /// opens the files that it names, and decodes its entities (Qt, `mightBeRichText`): after an invisible character
  /// nothing is a tag or an entity.
  func plain(_ text: String) -> String {
    guard name == .kdialog else { return text }
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.flatMap { $0 == "<" || $0 == "&" ? [$0, "\u{200B}"] : [$0] }))
  }

  /// kdialog shows a text from standard input with one button only. A list of further ones follows in a second window.
  private func kdialog(_ content: WindowContent) -> [[String]] {
    let (width, height) = size(for: content)
    let title = ["kdialog", "--title", content.heading]
    let heading = plain(Self.withoutEscapes(content.heading))
    let text = title + ["--textbox", "-", "\(width)", "\(height)"]
    func menu(_ labels: [String]) -> [String] {
      title + ["--menu", heading, "--"] + labels.indices.flatMap { ["\($0)", labels[$0]] }
    }
    switch content.kind {
    case .text: return [text]
    case .buttons(let labels, _): return labels.count > 1 ? [text, menu(labels)] : [text]
    case .entry:
      return (content.showsText ? [text] : []) + [title + ["--inputbox", Self.withoutMnemonics(heading)]]
    case .list(let answers): return [menu(answers)]
    }
  }

  private func xmessage(_ content: WindowContent) -> [String] {
    let (width, height) = size(for: content)
    return ["xmessage", "-title", content.heading] + xmessageButtons(content.kind)
      + [
        "-center", "-geometry", "\(width)x\(height)",
        // Without these resources it treats every byte as a character, cuts off what is right of the window, and
        // ignores the wheel.
        "-xrm", "*international: true", "-xrm", "*Text.wrap: word", "-xrm", Self.wheel, "-file", "-",
      ]
  }

  /// The buttons have names of their own, because a label may have characters that mean something else in the list of
  /// buttons.
  private func xmessageButtons(_ kind: WindowContent.Kind) -> [String] {
    guard case .buttons(let labels, _) = kind else { return ["-buttons", "OK:0", "-default", "OK"] }
    let names = labels.indices.map { "b\($0):\(Self.xmessageButton + Int32($0))" }.joined(separator: ",")
    // Return chooses the default button: a reply must be meant.
    return ["-buttons", names] + (labels.count == 1 ? ["-default", "b0"] : [])
      + labels.indices.flatMap { ["-xrm", "*b\($0).label: " + Self.resource(labels[$0])] }
  }

  /// Writes a text as the value of an X resource, in which a backslash begins an escape.
  private static func resource(_ text: String) -> String { text.doubling("\\") }

  /// The translations that make a text scroll with the wheel. Without them only keys and the scroll bar do.
  private static let wheel =
    "*Text.translations: #override"
    + #"\n<Btn4Down>: scroll-one-line-down()scroll-one-line-down()scroll-one-line-down()"#
    + #"\n<Btn5Down>: scroll-one-line-up()scroll-one-line-up()scroll-one-line-up()"#
}
