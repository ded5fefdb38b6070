internal import GBus
internal import MessengerContract
internal import MessengerProxy

/// Reads the options of a call.
extension SendOptions {
  /// The methods that take options.
  enum Taker: String {
    case send = "Send"
    case update = "Update"

    fileprivate func takes(_ option: SendOption) -> Bool {
      switch self {
      case .send: option.isForSend
      case .update: option.isForUpdate
      }
    }
  }

  /// Reads an `a{sv}`, in which a key may occur twice.
  ///
  /// - Throws: `InvalidArgument`, naming the option that occurs twice.
  static func entries(in value: Value) throws -> [String: Value] {
    if let key = value.repeatedKey {
      throw MessengerError(.invalidArgument, "the option \(Quotation(key)) is given twice")
    }
    return value.dictionary ?? [:]
  }

  /// Takes the options of a call, with texts filtered by ``TextPolicy/line``.
  ///
  /// - Throws: `InvalidArgument`, naming the option that is unknown, of the wrong type or out of range.
  init(checking options: [String: Value], of taker: Taker) throws {
    self.init()
    for (key, value) in options.sorted(by: { $0.key < $1.key }) {
      guard let option = SendOption(rawValue: key) else {
        throw MessengerError(.invalidArgument, "there is no option \(Quotation(key))")
      }
      guard taker.takes(option) else {
        throw MessengerError(.invalidArgument, "\(taker.rawValue) does not take the option \(key)")
      }
      try take(option, value)
    }
    try check()
  }

  private mutating func take(_ option: SendOption, _ value: Value) throws {
    guard let value = ContractValue(value, as: option.type), set(option, to: value) else {
      throw MessengerError(.invalidArgument, "the option \(option.rawValue) wants \(Self.wanted(option))")
    }
    switch option {
    case .timeout: try Self.check(option, timeout, atMost: Settings.timeoutLimit, "seconds")
    case .progress: try Self.check(option, progress, atMost: 100, "percent")
    case .hold:
      try Self.check(option, hold, atMost: HoldRules.times.upperBound, "seconds")
      if hold == 0 { throw MessengerError(.invalidArgument, "the option hold is at least 1 second") }
    case .title: title = title.map(TextPolicy.line.applied)
    case .ask: ask = ask.map(TextPolicy.line.applied)
    case .choices: choices = choices.map(TextPolicy.line.applied)
    case .replies: replies = replies.map { Reply(key: $0.key, label: TextPolicy.line.applied(to: $0.label)) }
    case .later: later.sort()
    case .origin:
      guard let origin, Origin.isValid(origin) else {
        throw MessengerError(.invalidArgument, "the option origin is a sender and a fleet, such as helpdesk@office")
      }
    case .wait, .urgency, .icon, .until, .window, .terminals, .again: break
    }
  }

  private static func check(_ option: SendOption, _ number: UInt32?, atMost most: UInt32, _ unit: String) throws {
    guard let number, number > most else { return }
    throw MessengerError(.invalidArgument, "the option \(option.rawValue) is at most \(most) \(unit), not \(number)")
  }

  private static func wanted(_ option: SendOption) -> String {
    switch option {
    case .timeout, .hold: "a number of seconds (u)"
    case .title, .ask: "a text (s)"
    case .origin: "a sender and a fleet (s)"
    case .choices: "texts (as)"
    case .wait, .again: "a boolean (b)"
    case .urgency: "low, normal or critical (s)"
    case .icon: "an icon's name (s)"
    case .replies: "buttons (a(ss))"
    case .window: "always, fallback or never (s)"
    case .terminals: "too, only or no (s)"
    case .progress: "a number of percent (u)"
    case .later: "numbers of seconds (au)"
    case .until: "a time in seconds since 1970 (t)"
    }
  }
}
