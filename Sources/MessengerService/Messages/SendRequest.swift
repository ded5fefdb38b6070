internal import GBus
internal import MessengerContract

/// What a sender asks for, checked.
struct SendRequest: Sendable, Equatable {
  /// Whom: as the sender wrote it, each word once.
  var recipients: [String]
  /// The text, by ``TextPolicy/body``.
  var body: String
  /// How long the popup stays; `nil` = until it is answered.
  var timeout: Duration?
  /// The popup's summary, where the sender gives one, by ``TextPolicy/line``.
  var title: String?
  /// Whether the sender waits for the final states.
  var wait = false
  /// How much it matters.
  var urgency = Urgency.critical
  /// A themed icon's name.
  var icon = "dialog-information"
  /// Buttons instead of OK.
  var replies: [Reply] = []

  /// A plain message.
  ///
  /// - Throws: `InvalidArgument` where there is no recipient or no text, or there are too many recipients;
  ///   `LimitExceeded` where the text is too long.
  init(recipients: [String], body: String, settings: Settings) throws {
    guard !recipients.isEmpty else { throw MessengerError(.invalidArgument, "no recipient is given") }
    guard !recipients.contains("") else { throw MessengerError(.invalidArgument, "a recipient is empty") }
    try Self.check(recipients, settings.limits)
    let length = body.unicodeScalars.count
    guard length <= settings.maximumBodyLength else {
      throw MessengerError(
        .limitExceeded, "the message has \(length) characters, and at most \(settings.maximumBodyLength) are taken")
    }
    self.recipients = recipients.unique
    self.body = TextPolicy.body.applied(to: body)
    timeout = Self.duration(seconds: settings.defaultTimeout)
    guard !TextPolicy.isBlank(self.body) else {
      throw MessengerError(.invalidArgument, "the message is empty")
    }
  }

  /// The options of an `a{sv}`, which may have a key twice.
  ///
  /// - Throws: `InvalidArgument`, naming the option that is there twice.
  static func options(_ value: Value) throws -> [String: Value] {
    if let key = value.repeatedKey {
      throw MessengerError(.invalidArgument, "the option \(Quotation(key)) is given twice")
    }
    return value.dictionary ?? [:]
  }

  /// A message with options as they came over the bus.
  ///
  /// - Throws: `InvalidArgument`, naming the option that is unknown, of the wrong type or out of range.
  init(recipients: [String], body: String, options: [String: Value], settings: Settings) throws {
    try self.init(recipients: recipients, body: body, settings: settings)
    for (key, value) in options.sorted(by: { $0.key < $1.key }) {
      guard let option = SendOption(rawValue: key) else {
        throw MessengerError(.invalidArgument, "there is no option \(Quotation(key))")
      }
      try set(option, to: value)
    }
    try checkOptions()
  }

  private mutating func set(_ option: SendOption, to value: Value) throws {
    func required<Content>(_ content: Content?, _ expected: String) throws -> Content {
      guard let content else {
        throw MessengerError(.invalidArgument, "the option \(option.rawValue) wants \(expected)")
      }
      return content
    }
    switch option {
    case .timeout:
      let seconds = try required(value.uint32, "a number of seconds (u)")
      guard seconds <= Settings.timeoutLimit else {
        throw MessengerError(
          .invalidArgument, "the option timeout is at most \(Settings.timeoutLimit) seconds, not \(seconds)")
      }
      timeout = Self.duration(seconds: seconds)
    case .title: title = TextPolicy.line.applied(to: try required(Self.text(value), "a text (s)"))
    case .wait: wait = try required(value.boolean, "a boolean (b)")
    case .urgency: urgency = try required(Self.text(value).flatMap(Urgency.init), "low, normal or critical (s)")
    case .icon: icon = try required(Self.text(value), "an icon's name (s)")
    case .replies: replies = try required(Self.buttons(value), "buttons (a(ss))")
    }
  }

  /// 0 stands for no end.
  private static func duration(seconds: UInt32) -> Duration? { seconds == 0 ? nil : .seconds(Int64(seconds)) }

  private static func buttons(_ value: Value) -> [Reply]? {
    guard case .array("(ss)", let elements) = value else { return nil }
    return elements.compactMap(\.members).map { members in
      Reply(key: members[0].string ?? "", label: TextPolicy.line.applied(to: members[1].string ?? ""))
    }
  }

  /// The content of an `s`; object paths and signatures are other types.
  private static func text(_ value: Value) -> String? { if case .string(let text) = value { text } else { nil } }
}
