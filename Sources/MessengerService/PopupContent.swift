internal import GBus
internal import MessengerContract

/// What a popup says, and its translation into the arguments of `Notify` (Desktop Notifications Specification 1.2).
struct PopupContent: Sendable, Equatable {
  /// The first line.
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
  var replies: [ReplyButton]

  /// The action of a click on the popup itself (Desktop Notifications, "Notify").
  static let defaultAction = "default"
  /// The action of our own button.
  static let okAction = "ok"

  /// How much longer than ``timeout`` the server is told to show it. The service closes the popup itself, for few servers
  /// keep the time; what this adds keeps a server that does from being a moment too early, and takes away the bubble that
  /// notification-daemon leaves standing after `CloseNotification`.
  private static let serverMargin: Duration = .milliseconds(150)

  /// The keys whose choice acknowledges the popup.
  var actionKeys: Set<String> { Set(buttons.map(\.key) + [Self.defaultAction]) }

  /// Those of them that the sender chose, and wants to hear of.
  var replyKeys: Set<String> { Set(replies.map(\.key)) }

  private var buttons: [ReplyButton] {
    replies.isEmpty ? [ReplyButton(key: Self.okAction, label: "OK")] : replies
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
      .string("msg"), .uint32(id), .string(icon), .string(title),
      .string(capabilities.contains("body-markup") ? Self.escaped(body) : body),
      .strings(capabilities.contains("actions") ? actions(profile) : []),
      .dictionary(["urgency": .byte(urgencyLevel)]),
      .int32(time.map { Int32(clamping: Int64($0 / .milliseconds(1))) } ?? serverTimeout),
    ]
  }

  /// Key and label in turn. With reply buttons a click on the popup would say nothing, so there is no default then.
  ///
  /// The default comes last and has no label (which the specification leaves free): xfce4-notifyd makes a button of it
  /// otherwise, a second OK, and takes no action after one without a label.
  private func actions(_ profile: NotificationServerProfile) -> [String] {
    let label = profile.wantsDefaultLabelled ? "OK" : ""
    let defaults = replies.isEmpty ? [ReplyButton(key: Self.defaultAction, label: label)] : []
    return (buttons + defaults).flatMap { [$0.key, $0.label] }
  }

  private var urgencyLevel: UInt8 {
    switch urgency {
    case .low: 0
    case .normal: 1
    case .critical: 2
    }
  }

  /// Milliseconds; 0 = never.
  private var serverTimeout: Int32 {
    guard let timeout else { return 0 }
    return Int32(clamping: Int64((timeout + Self.serverMargin) / .milliseconds(1)))
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
