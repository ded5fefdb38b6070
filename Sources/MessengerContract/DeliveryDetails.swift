/// The facts about a delivery besides its state.
public struct DeliveryDetails: Sendable, Equatable {
  /// The session's name, such as `tty2`, `:0` or `seat0`.
  public var sessionName: String?
  /// The name of the session's user.
  public var userName: String?
  /// The recipient as the sender wrote it, if it is the user's name in another case.
  public var recipient: String?
  /// The seconds from `Send` until the final state.
  public var elapsed: Double?
  /// The key of the reply button that the user chose.
  public var reply: String?
  /// The user's answer in words, or the choice, in one line.
  public var text: String?
  /// How many seconds the popup stays; 0 = until it is answered.
  public var timeout: UInt32?
  /// By what it was shown, once it was.
  public var by: DeliveryMeans?
  /// `false` if the desktop took the popup, and may hide it without telling; otherwise `nil`.
  public var certain: Bool?
  /// When a popup that was put off comes again, in seconds since 1970; only in ``DeliveryState/deferred``.
  public var returns: UInt64?
  /// How often the user has put it off; `nil` if never.
  public var deferrals: UInt32?
  /// Until when it is held, in seconds since 1970; only in ``DeliveryState/held``.
  public var until: UInt64?
  /// The reason why it failed, was suppressed or isn't shown yet.
  public var error: MessengerError?

  /// Makes the details of a delivery.
  public init(
    sessionName: String? = nil, userName: String? = nil, recipient: String? = nil, elapsed: Double? = nil,
    reply: String? = nil, text: String? = nil, timeout: UInt32? = nil, by: DeliveryMeans? = nil, certain: Bool? = nil,
    returns: UInt64? = nil, deferrals: UInt32? = nil, until: UInt64? = nil, error: MessengerError? = nil
  ) {
    self.sessionName = sessionName
    self.userName = userName
    self.recipient = recipient
    self.elapsed = elapsed
    self.reply = reply
    self.text = text
    self.timeout = timeout
    self.by = by
    self.certain = certain
    self.returns = returns
    self.deferrals = deferrals
    self.until = until
    self.error = error
  }
}

extension DeliveryDetails: ContractFields {
  /// Returns a detail; `nil` if it has no value.
  public func value(of detail: DeliveryDetail) -> ContractValue? {
    switch detail {
    case .sessionName: sessionName.map(ContractValue.string)
    case .userName: userName.map(ContractValue.string)
    case .recipient: recipient.map(ContractValue.string)
    case .elapsed: elapsed.map(ContractValue.double)
    case .reply: reply.map(ContractValue.string)
    case .text: text.map(ContractValue.string)
    case .timeout: timeout.map(ContractValue.uint32)
    case .by: (by?.rawValue).map(ContractValue.string)
    case .certain: certain.map(ContractValue.boolean)
    case .returns: returns.map(ContractValue.uint64)
    case .deferrals: deferrals.map(ContractValue.uint32)
    case .until: until.map(ContractValue.uint64)
    case .error: (error?.code.busName).map(ContractValue.string)
    case .errorMessage: (error?.message).map(ContractValue.string)
    }
  }

  /// Sets a detail. An error has two keys, which may come in either order, or one alone.
  ///
  /// - Returns: whether the detail accepts the value.
  public mutating func set(_ detail: DeliveryDetail, to value: ContractValue) -> Bool {
    switch (detail, value) {
    case (.sessionName, .string(let name)): sessionName = name
    case (.userName, .string(let name)): userName = name
    case (.recipient, .string(let word)): recipient = word
    case (.elapsed, .double(let seconds)): elapsed = seconds
    case (.reply, .string(let key)): reply = key
    case (.text, .string(let answer)): text = answer
    case (.timeout, .uint32(let seconds)): timeout = seconds
    case (.by, .string(let name)):
      guard let by = DeliveryMeans(rawValue: name) else { return false }
      self.by = by
    case (.certain, .boolean(let isCertain)): certain = isCertain
    case (.returns, .uint64(let time)): returns = time
    case (.deferrals, .uint32(let count)): deferrals = count
    case (.until, .uint64(let time)): until = time
    case (.error, .string(let name)):
      error = MessengerError(MessengerErrorCode(busName: name) ?? .failed, error?.message ?? name)
    case (.errorMessage, .string(let text)): error = MessengerError(error?.code ?? .failed, text)
    default: return false
    }
    return true
  }
}
