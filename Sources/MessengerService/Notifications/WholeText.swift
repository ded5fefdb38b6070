internal import GBus

/// A text of which a popup shows only the beginning, and the window in which the user can have all of it.
struct WholeText: Sendable, Equatable {
  /// What stands on the popup's button.
  var label: String
  /// The window's title. Everybody on the machine may read it among the arguments of programs, so it is none of the
  /// sender's.
  var heading: String
  /// What stands on the window's second button, where it has one.
  var closeLabel: String
  /// What the window shows.
  var text: String
  /// The beginning of the unit's name, one of a kind among the user's.
  var unit: String
  /// What may show it: the first that can.
  var viewers: [TextViewer]
  /// What these need in their environment, as `NAME=value`, beyond what the service manager has.
  var environment: [String] = []

  /// Desktops show about six lines (GNOME Shell, xfce4-notifyd), of about 40 characters.
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

  /// What popups show of a text where that is not left to the desktop.
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
    // A single character may have as many code points as a text.
    return kept.isEmpty ? String(String.UnicodeScalarView(body.unicodeScalars.prefix(mostScalars))) : kept
  }

  /// The widest title of a popup, in columns. MATE doesn't wrap titles before 1280 pixels, and then the beginning is
  /// off the screen; a longer one leaves no room for the text on dunst and mako.
  private static let titleColumns = 60

  /// Whether popups show only the beginning of a title.
  static func isNeeded(forTitle title: String) -> Bool { TextPolicy.columns(of: title) > titleColumns }

  /// What popups show of a title.
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

  /// The properties of the unit in which a viewer shows it (systemd, `StartTransientUnit`).
  ///
  /// The start of a `oneshot` is over when its program has ended, which is what systemd tells of.
  ///
  /// - Parameters:
  ///   - viewer: the viewer.
  ///   - lifetime: how long the window may stay, should msgd not be there to close it; `nil` = until the user does.
  /// - Returns: `a(sv)`.
  func properties(of viewer: TextViewer, lifetime: Duration?) -> Value {
    var properties = viewer.properties
    properties["CollectMode"] = .string("inactive-or-failed")
    properties["Description"] = .string(heading)
    properties["Environment"] = .strings(environment + viewer.environment)
    // A dollar would begin the name of a variable.
    let command = viewer.command(title: heading, closeLabel: closeLabel).map { text in
      String(text.flatMap { $0 == "$" ? [$0, $0] : [$0] })
    }
    properties["ExecStart"] = .array(
      of: "(sasb)", [.structure([.string(viewer.path), .strings(command), .boolean(false)])])
    properties["StandardInput"] = .string("data")
    properties["StandardInputData"] = .array(of: "y", Array((text + "\n").utf8).map(Value.byte))
    properties["Type"] = .string("oneshot")
    if let lifetime { properties["TimeoutStartUSec"] = .uint64(UInt64(max(1, lifetime.seconds) * 1_000_000)) }
    return .array(
      of: "(sv)", properties.sorted { $0.key < $1.key }.map { .structure([.string($0.key), .variant($0.value)]) })
  }
}

extension PopupContent {
  /// The same with no more text than leaves the buttons on the screen, where one of them shows the whole.
  func abridged(for profile: NotificationServerProfile, capabilities: Set<String>) -> PopupContent {
    guard whole != nil, WholeText.isNeeded(for: body), profile.growsWithText, capabilities.contains("actions") else {
      return self
    }
    var content = self
    content.body = WholeText.beginning(of: body) + "…"
    return content
  }
}
