internal import GBus
internal import MessengerContract

/// What a popup says, and its translation into the arguments of `Notify` (Desktop Notifications Specification 1.2).
struct PopupContent: Sendable, Equatable {
  /// The first line, from ``SenderName/title(_:)``; if the sender gave none, empty until it is translated.
  var title: String
  /// The plain text.
  var body: String
  /// How often its title or text has changed. What the user does is about the text that was on the screen then.
  var textVersion = 0
  /// How long the popup stays; `nil` = until it is answered.
  var timeout: Duration?
  /// Its urgency.
  var urgency: Urgency
  /// The name of a themed icon.
  var icon: String
  /// The buttons instead of OK.
  var replies: [Reply]
  /// The buttons that put it off. Those that would go beyond ``until`` are there until it is about to be shown.
  var later: [LaterChoice] = []
  /// The end of putting off, in seconds since 1970.
  var until: UInt64 = 0
  /// The sender's name, from ``SenderName``.
  var sender = ""
  /// The name of the user whose program has sent it on somebody's behalf; `nil` if ``sender`` is that user.
  var relay: String?
  /// On whose behalf it is sent; `nil`: on the sender's own.
  var origin: String? { relay == nil ? nil : sender }
  /// The time of sending, as the recipient reads it.
  var time = ""
  /// How much of something is done, in percent.
  var progress: UInt32?
  /// What the message asks; `nil` for nothing.
  var question: Question?
  /// When a window shows it.
  var windowUse: WindowUse?
  /// The label of msgd's own button.
  var okLabel = PopupText.ok.rawValue

  /// How the question is answered on the popup; `nil` if nothing is asked, or a popup can't take the answer.
  var answer: AnswerForm?
  /// The window that a further button opens; `nil` if there is no such button.
  var whole: WholeText?
  /// What a popup needs that holds the message with others; `nil` if the message has a popup of its own.
  var combining: Combining?

  /// The name of the program behind the popups; ``desktopEntry`` names it as well.
  private static let application = "msg"
  /// The installed `org.msgd.Messenger1.desktop`. Desktops group popups by it, and keep users' settings for it (Desktop
  /// Notifications, "Hints").
  private static let desktopEntry = "org.msgd.Messenger1"
  /// The installed `msgd.notifyrc`, which serves the same purpose on Plasma.
  private static let notifyrc = "msgd"

  /// The action of a click on the popup itself (Desktop Notifications, "Notify").
  static let defaultAction = "default"
  /// The action of msgd's own button.
  static let okAction = "ok"
  /// The action of the button for the whole text.
  static let wholeAction = "show-all"

  /// How much longer than ``timeout`` the server is told to show the popup. msgd closes the popup itself, because few
  /// servers keep the time. The margin prevents a server that does from closing it slightly too early. It also removes
  /// the bubble that notification-daemon leaves standing after `CloseNotification`.
  private static let serverMargin: Duration = .milliseconds(150)

  /// The keys that acknowledge the popup when they are chosen.
  var actionKeys: Set<String> {
    guard let answer else { return Set(buttons.map(\.key) + [Self.defaultAction]) }
    return Set(answer.choices.keys)
  }

  /// Those of them that the sender chose and gets as replies.
  var replyKeys: Set<String> { Set(replies.map(\.key)) }

  /// The keys that put it off, each with the seconds.
  var laterKeys: [String: UInt32] { Dictionary(later.map { ($0.key, $0.seconds) }) { first, _ in first } }

  /// Returns the same content without the choices that would go beyond the end of putting off.
  func withoutLateChoices(at now: UInt64) -> PopupContent {
    var content = self
    content.later.removeAll { now + UInt64($0.seconds) > until }
    return content
  }

  /// The keys that open the window with the whole text, or the one that takes the answer.
  var windowKeys: Set<String> {
    if whole == nil { return [] }
    return answer == .window ? [AnswerForm.windowAction, Self.defaultAction] : [Self.wholeAction]
  }

  /// Whether OK is its only answer.
  var isAnsweredByOK: Bool { replies.isEmpty && later.isEmpty && question == nil }

  private var buttons: [Reply] { answer?.buttons ?? acknowledgingButtons }

  private var acknowledgingButtons: [Reply] {
    replies.isEmpty ? [Reply(key: Self.okAction, label: okLabel)] : replies
  }

  private var laterButtons: [Reply] { later.map { Reply(key: $0.key, label: $0.label) } }

  /// The buttons of a window in place of the popup.
  var windowButtons: [Reply] { acknowledgingButtons + laterButtons }

  /// Returns the arguments of `Notify`.
  ///
  /// - Parameters:
  ///   - capabilities: the server's capabilities (Desktop Notifications, "GetCapabilities").
  ///   - quirks: the server's peculiarities.
  ///   - id: the popup that this one replaces; 0 = none.
  ///   - time: how long the server is to show it, if other than ``timeout``.
  /// - Returns: the arguments.
  func notifyArguments(
    capabilities: Set<String>, quirks: NotificationServerQuirks = .standard, replacing id: UInt32 = 0,
    for time: Duration? = nil
  ) -> [Value] {
    [
      .string(Self.application), .uint32(id), .string(icon), .string(title),
      .string(capabilities.contains("body-markup") ? Markup.escaped(lines(quirks)) : lines(quirks)),
      .strings(capabilities.contains("actions") ? actions(quirks) : []),
      .dictionary(hints(quirks)),
      .int32(Self.milliseconds(time ?? serverTimeout(quirks))),
    ]
  }

  /// The specification's hints and `x-kde-appname`. Plasma offers users settings only for programs that it finds in its
  /// menus or under that name (`msgd.notifyrc`).
  private func hints(_ quirks: NotificationServerQuirks) -> [String: Value] {
    var hints: [String: Value] = ["urgency": .byte(urgencyLevel), "x-kde-appname": .string(Self.notifyrc)]
    if !quirks.launchesDesktopEntry { hints["desktop-entry"] = .string(Self.desktopEntry) }
    if case .field(_, let hint) = answer, !hint.isEmpty { hints[AnswerForm.placeholderHint] = .string(hint) }
    // No part of the specification. Other servers may show the bar alone, as Xfce's does.
    if let progress, quirks.drawsProgress { hints["value"] = .int32(Int32(progress)) }
    return hints
  }

  /// Returns the text with line breaks in the form that the server shows, and below other than ASCII characters, for
  /// which it may need another font, the empty line that it may need.
  private func lines(_ quirks: NotificationServerQuirks) -> String {
    if quirks.cutsTallLines, !body.unicodeScalars.allSatisfy(\.isASCII) { return body + "\n" }
    guard quirks.joinsLines else { return body }
    return String(String.UnicodeScalarView(body.unicodeScalars.map { $0 == "\n" ? "\u{2028}" : $0 }))
  }

  /// Returns the same content in a recipient's language. The sender's words stay as they are.
  func translated(by catalog: MessageCatalog) -> PopupContent {
    var content = self
    if title.isEmpty { content.title = heading(by: catalog) }
    content.okLabel = catalog[.ok]
    content.later = later.map { $0.translated(by: catalog) }
    return content
  }

  /// Returns the title for a message whose sender gave none.
  func heading(by catalog: MessageCatalog) -> String {
    catalog[.heading].filled(with: ["time": time, "sender": sender])
  }

  /// Returns keys and labels in turn. With reply buttons, or a question that is answered on the popup, there is no
  /// default action, because a click on the popup would then say nothing.
  ///
  /// The default action comes last and has no label (the specification leaves that open). Otherwise older xfce4-notifyd
  /// would show it as a second OK button. It ignores actions after one without a label.
  private func actions(_ quirks: NotificationServerQuirks) -> [String] {
    let label = quirks.defaultAction == .labelledClick ? (answer == .window ? whole?.label : nil) ?? okLabel : ""
    let hasDefault = replies.isEmpty && (answer ?? .window) == .window && quirks.defaultAction != .button
    let defaults = hasDefault ? [Reply(key: Self.defaultAction, label: label)] : []
    let wholeKey = answer == .window ? AnswerForm.windowAction : Self.wholeAction
    let wholes = whole.map { [Reply(key: wholeKey, label: $0.label)] } ?? []
    return (buttons + wholes + laterButtons + defaults).flatMap { [$0.key, $0.label] }
  }

  private var urgencyLevel: UInt8 {
    switch urgency {
    case .low: 0
    case .normal: 1
    case .critical: 2
    }
  }

  /// Returns how long the server is to show the popup; 0 = until it is answered. A server that would take 0 for its
  /// shortest time gets its longest time instead.
  private func serverTimeout(_ quirks: NotificationServerQuirks) -> Duration {
    guard let timeout else { return quirks.longestStay ?? .zero }
    return timeout + Self.serverMargin + (quirks.expiresEarly ? timeout / 16 : .zero)
  }

  private static func milliseconds(_ duration: Duration) -> Int32 {
    Int32(clamping: Int64(duration / .milliseconds(1)))
  }
}
