/// The options of a message. The service chooses what is nil.
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

  /// Makes the options of a message.
  public init(
    timeout: UInt32? = nil, title: String? = nil, wait: Bool = false, urgency: Urgency? = nil, icon: String? = nil,
    replies: [Reply] = []
  ) {
    self.timeout = timeout
    self.title = title
    self.wait = wait
    self.urgency = urgency
    self.icon = icon
    self.replies = replies
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
    default: return false
    }
    return true
  }
}
