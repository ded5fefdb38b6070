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

  /// Makes a request without options.
  ///
  /// - Throws: `InvalidArgument` if there is no recipient or no text, or there are too many recipients; `LimitExceeded`
  ///   if the text is too long.
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
    options = SendOptions(timeout: settings.defaultTimeout)
    guard !TextPolicy.isBlank(self.body) else {
      throw MessengerError(.invalidArgument, "the message is empty")
    }
  }

  /// Reads the options from an `a{sv}`, in which a key may occur twice.
  ///
  /// - Throws: `InvalidArgument`, naming the option that occurs twice.
  static func options(in value: Value) throws -> [String: Value] {
    if let key = value.repeatedKey {
      throw MessengerError(.invalidArgument, "the option \(Quotation(key)) is given twice")
    }
    return value.dictionary ?? [:]
  }

  /// Makes a request with the options of a call.
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

  /// How long the popup stays; `nil` = until it is answered.
  var timeout: Duration? { options.timeout.flatMap { $0 == 0 ? nil : .seconds(Int64($0)) } }

  /// The popup's urgency.
  var urgency: Urgency { options.urgency ?? .critical }

  /// The name of the popup's icon.
  var icon: String { options.icon ?? "dialog-information" }

  private mutating func set(_ option: SendOption, to value: Value) throws {
    guard let value = ContractValue(value, as: option.type), options.set(option, to: value) else {
      throw MessengerError(.invalidArgument, "the option \(option.rawValue) wants \(Self.wanted(option))")
    }
    switch option {
    case .timeout:
      guard let seconds = options.timeout, seconds > Settings.timeoutLimit else { break }
      throw MessengerError(
        .invalidArgument, "the option timeout is at most \(Settings.timeoutLimit) seconds, not \(seconds)")
    case .title: options.title = options.title.map(TextPolicy.line.applied)
    case .replies:
      options.replies = options.replies.map { Reply(key: $0.key, label: TextPolicy.line.applied(to: $0.label)) }
    case .wait, .urgency, .icon: break
    }
  }

  private static func wanted(_ option: SendOption) -> String {
    switch option {
    case .timeout: "a number of seconds (u)"
    case .title: "a text (s)"
    case .wait: "a boolean (b)"
    case .urgency: "low, normal or critical (s)"
    case .icon: "an icon's name (s)"
    case .replies: "buttons (a(ss))"
    }
  }
}
