/// The options of a message or, with ``SendOption/isForUpdate``, of its update. The service chooses what is nil.
public struct SendOptions: Sendable, Equatable {
  /// How many seconds the popup stays; 0 = until it is answered.
  public var timeout: UInt32?
  /// The popup's summary.
  public var title: String?
  /// Whether the answer comes only when every delivery is final.
  public var wait: Bool
  /// The popup's urgency.
  public var urgency: Urgency?
  /// The name of a themed icon.
  public var icon: String?
  /// The buttons instead of OK; empty for OK alone.
  public var replies: [Reply]
  /// How much of something is done, in percent: 0 to 100.
  public var progress: UInt32?
  /// The times after which it may come again if it is put off, in seconds; empty if it can't be put off.
  public var later: [UInt32]
  /// The end of putting off, in seconds since 1970.
  public var until: UInt64?
  /// The hint in a field in which the user answers in words; `nil` for no such field.
  public var ask: String?
  /// The answers of which the user chooses one; empty for none.
  public var choices: [String]
  /// Whether a window shows it; `nil`: if the desktop shows no popups.
  public var window: WindowUse?
  /// Whether it is written on terminals; `nil`: it isn't.
  public var terminals: TerminalUse?
  /// Whether an update is shown again to those who have seen the message.
  public var again: Bool
  /// How many seconds its recipients, who are users then, may take to come to a desktop; `nil` if only those who are at
  /// one get it.
  public var hold: UInt32?
  /// On whose behalf the message is sent, such as `helpdesk@office`; `nil`: the caller's own.
  public var origin: String?

  /// Makes the options of a message.
  public init(
    timeout: UInt32? = nil, title: String? = nil, wait: Bool = false, urgency: Urgency? = nil, icon: String? = nil,
    replies: [Reply] = [], progress: UInt32? = nil, later: [UInt32] = [], until: UInt64? = nil, ask: String? = nil,
    choices: [String] = [], window: WindowUse? = nil, terminals: TerminalUse? = nil, again: Bool = false,
    hold: UInt32? = nil, origin: String? = nil
  ) {
    self.timeout = timeout
    self.title = title
    self.wait = wait
    self.urgency = urgency
    self.icon = icon
    self.replies = replies
    self.progress = progress
    self.later = later
    self.until = until
    self.ask = ask
    self.choices = choices
    self.window = window
    self.terminals = terminals
    self.again = again
    self.hold = hold
    self.origin = origin
  }
}

extension SendOptions: ContractFields {
  /// Returns an option; `nil` if it has no value.
  public func value(of option: SendOption) -> ContractValue? {
    switch option {
    case .timeout: timeout.map(ContractValue.uint32)
    case .title: title.map(ContractValue.string)
    case .wait: wait ? .boolean(true) : nil
    case .urgency: (urgency?.rawValue).map(ContractValue.string)
    case .icon: icon.map(ContractValue.string)
    case .replies: replies.isEmpty ? nil : .replies(replies)
    case .progress: progress.map(ContractValue.uint32)
    case .later: later.isEmpty ? nil : .uint32s(later)
    case .until: until.map(ContractValue.uint64)
    case .ask: ask.map(ContractValue.string)
    case .choices: choices.isEmpty ? nil : .strings(choices)
    case .window: (window?.rawValue).map(ContractValue.string)
    case .terminals: (terminals?.rawValue).map(ContractValue.string)
    case .again: again ? .boolean(true) : nil
    case .hold: hold.map(ContractValue.uint32)
    case .origin: origin.map(ContractValue.string)
    }
  }

  /// Sets an option.
  ///
  /// - Returns: whether the option accepts the value.
  public mutating func set(_ option: SendOption, to value: ContractValue) -> Bool {
    switch (option, value) {
    case (.timeout, .uint32(let seconds)): timeout = seconds
    case (.title, .string(let text)): title = text
    case (.wait, .boolean(let flag)): wait = flag
    case (.urgency, .string(let text)):
      guard let urgency = Urgency(rawValue: text) else { return false }
      self.urgency = urgency
    case (.icon, .string(let name)): icon = name
    case (.replies, .replies(let replies)): self.replies = replies
    case (.progress, .uint32(let percent)): progress = percent
    case (.later, .uint32s(let choices)): later = choices
    case (.until, .uint64(let time)): until = time
    case (.ask, .string(let hint)): ask = hint
    case (.choices, .strings(let choices)): self.choices = choices
    case (.window, .string(let text)):
      guard let window = WindowUse(rawValue: text) else { return false }
      self.window = window
    case (.terminals, .string(let text)):
      guard let terminals = TerminalUse(rawValue: text) else { return false }
      self.terminals = terminals
    case (.again, .boolean(let flag)): again = flag
    case (.hold, .uint32(let seconds)): hold = seconds
    case (.origin, .string(let name)): origin = name
    default: return false
    }
    return true
  }
}
