internal import GBus
internal import MessengerContract

/// What a popup says, and its translation into the arguments of `Notify` (Desktop Notifications Specification 1.2).
struct PopupContent: Sendable, Equatable {
  /// The first line, which ``SenderName/title(_:)`` gives; empty where the sender gave none, until it is translated.
  var title: String
  /// The text, plain.
  var body: String
  /// How long it stays; `nil` = until it is answered.
  var timeout: Duration?
  /// How much it matters.
  var urgency: Urgency
  /// A themed icon's name.
  var icon: String
  /// Buttons instead of OK.
  var replies: [Reply]
  /// Who sent it, as ``SenderName`` says.
  var sender = ""
  /// When, as the recipient reads it.
  var time = ""
  /// What stands on our own button.
  var okLabel = PopupText.ok.rawValue

  /// The window that a further button opens; `nil` where there is no such button.
  var whole: WholeText?

  /// The program behind the popups, as ``desktopEntry`` names it, too.
  private static let application = "msg"
  /// The installed `org.msgd.Messenger1.desktop`, by which desktops group popups and keep what users set for them
  /// (Desktop Notifications, "Hints").
  private static let desktopEntry = "org.msgd.Messenger1"
  /// The installed `msgd.notifyrc`, the same for Plasma.
  private static let notifyrc = "msgd"

  /// The action of a click on the popup itself (Desktop Notifications, "Notify").
  static let defaultAction = "default"
  /// The action of our own button.
  static let okAction = "ok"
  /// The action of the button for the whole text.
  static let wholeAction = "show-all"

  /// How much longer than ``timeout`` the server is told to show it. The service closes the popup itself, for few
  /// servers keep the time; what this adds keeps a server that does from being a moment too early, and takes away the
  /// bubble that notification-daemon leaves standing after `CloseNotification`.
  private static let serverMargin: Duration = .milliseconds(150)

  /// The keys whose choice acknowledges the popup.
  var actionKeys: Set<String> { Set(buttons.map(\.key) + [Self.defaultAction]) }

  /// Those of them that the sender chose, and wants to hear of.
  var replyKeys: Set<String> { Set(replies.map(\.key)) }

  /// The key that asks for the whole text.
  var wholeKey: String? { whole == nil ? nil : Self.wholeAction }

  private var buttons: [Reply] {
    replies.isEmpty ? [Reply(key: Self.okAction, label: okLabel)] : replies
  }

  /// The arguments of `Notify`.
  ///
  /// - Parameters:
  ///   - capabilities: the server's (Desktop Notifications, "GetCapabilities").
  ///   - profile: what is peculiar to the server.
  ///   - id: the popup that it takes the place of; 0 = none.
  ///   - time: how long the server is to show it, where that is not ``timeout``.
  /// - Returns: the arguments.
  func notifyArguments(
    capabilities: Set<String>, profile: NotificationServerProfile = .standard, replacing id: UInt32 = 0,
    for time: Duration? = nil
  ) -> [Value] {
    [
      .string(Self.application), .uint32(id), .string(icon), .string(title),
      .string(capabilities.contains("body-markup") ? Self.escaped(body) : body),
      .strings(capabilities.contains("actions") ? actions(profile) : []),
      .dictionary(hints),
      .int32(Self.milliseconds(time ?? serverTimeout(profile))),
    ]
  }

  /// Beside the specification's, `x-kde-appname`: Plasma lets users set something only for what it finds in its menus
  /// or under that name (`msgd.notifyrc`).
  private var hints: [String: Value] {
    [
      "desktop-entry": .string(Self.desktopEntry), "urgency": .byte(urgencyLevel),
      "x-kde-appname": .string(Self.notifyrc),
    ]
  }

  /// The same in a recipient's language; what the sender wrote stays.
  func translated(by catalog: MessageCatalog) -> PopupContent {
    var content = self
    if title.isEmpty { content.title = heading(by: catalog) }
    content.okLabel = catalog[.ok]
    return content
  }

  /// The title that the service gives.
  func heading(by catalog: MessageCatalog) -> String {
    catalog[.heading].filled(with: ["time": time, "sender": sender])
  }

  /// Key and label in turn. With reply buttons a click on the popup would say nothing, so there is no default then.
  ///
  /// The default comes last and has no label (which the specification leaves free): xfce4-notifyd makes a button of it
  /// otherwise, a second OK, and takes no action after one without a label.
  private func actions(_ profile: NotificationServerProfile) -> [String] {
    let label = profile.wantsDefaultLabelled ? okLabel : ""
    let defaults = replies.isEmpty ? [Reply(key: Self.defaultAction, label: label)] : []
    let wholes = whole.map { [Reply(key: Self.wholeAction, label: $0.label)] } ?? []
    return (buttons + wholes + defaults).flatMap { [$0.key, $0.label] }
  }

  private var urgencyLevel: UInt8 {
    switch urgency {
    case .low: 0
    case .normal: 1
    case .critical: 2
    }
  }

  /// How long the server is to show it; 0 = until it is answered, but for who would take that for the shortest time.
  private func serverTimeout(_ profile: NotificationServerProfile) -> Duration {
    guard let timeout else { return profile.longestStay ?? .zero }
    return timeout + Self.serverMargin + (profile.expiresEarly ? timeout / 16 : .zero)
  }

  private static func milliseconds(_ duration: Duration) -> Int32 {
    Int32(clamping: Int64(duration / .milliseconds(1)))
  }

  /// Markup that shows the text as it is (Desktop Notifications, "Markup").
  private static func escaped(_ text: String) -> String {
    // By code points: a combining mark makes another character of a "<", but not for a parser of markup.
    text.unicodeScalars.reduce(into: "") { escaped, scalar in
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
  }
}
