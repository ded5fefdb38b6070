internal import GBus
internal import MessengerContract

/// A sender's request, checked.
struct SendRequest: Sendable, Equatable {
  /// The recipients as the sender wrote them, each once.
  var recipients: [String]
  /// The text, filtered by ``TextPolicy/body``.
  var body: String
  /// The options. The timeout is always set, and texts are filtered by ``TextPolicy/line``.
  var options: SendOptions

  /// Makes a request.
  ///
  /// - Throws: `InvalidArgument` if there is no recipient or no text, if there are too many recipients, or for an
  ///   option that is unknown, of the wrong type or out of range, which it names; `LimitExceeded` if the text is too
  ///   long.
  init(recipients: [String], body: String, options: [String: Value] = [:], settings: Settings) throws {
    guard !recipients.isEmpty else { throw MessengerError(.invalidArgument, "no recipient is given") }
    guard !recipients.contains("") else { throw MessengerError(.invalidArgument, "a recipient is empty") }
    try Self.check(recipients, settings.limits)
    self.recipients = recipients.unique
    self.body = try Self.checked(body, settings)
    guard !TextPolicy.isBlank(self.body) else {
      throw MessengerError(.invalidArgument, "the message is empty")
    }
    self.options = try SendOptions(checking: options, of: .send)
    self.options.timeout = self.options.timeout ?? settings.defaultTimeout
  }

  /// Returns a text without the characters that popups don't get: see ``TextPolicy/body``.
  ///
  /// - Throws: `LimitExceeded` if the text is too long.
  static func checked(_ body: String, _ settings: Settings) throws -> String {
    let length = body.unicodeScalars.count
    guard length <= settings.maximumBodyLength else {
      throw MessengerError(
        .limitExceeded, "the message has \(length) characters, and at most \(settings.maximumBodyLength) are taken")
    }
    return TextPolicy.body.applied(to: body)
  }

  /// How long the popup stays; `nil` = until it is answered.
  var timeout: Duration? { options.timeout.flatMap(Settings.stay(seconds:)) }

  /// The buttons that put the message off, the soonest first.
  var later: [LaterChoice] { options.later.map(LaterChoice.init(seconds:)) }

  /// What the recipients are asked; `nil` for nothing.
  var question: Question? { options.question }

  /// Whether it is written on terminals.
  var terminals: TerminalUse { options.terminals ?? .no }

  /// The popup's urgency.
  var urgency: Urgency { options.urgency ?? .critical }

  /// The name of the popup's icon.
  var icon: String { options.icon ?? "dialog-information" }
}
