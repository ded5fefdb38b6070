public import MessengerContract

/// What is known of a delivery besides its state.
public struct DeliveryDetails: Sendable, Equatable {
  /// The session's name, such as `tty2`, `:0` or `seat0`.
  public var sessionName: String?
  /// The name of the session's user.
  public var userName: String?
  /// The recipient as it was given, where it is the user's name in another case.
  public var recipient: String?
  /// Seconds from the sending until the final state.
  public var elapsed: Double?
  /// The key of the reply button that the user chose.
  public var reply: String?
  /// Seconds that the popup stays; 0 = until it is answered.
  public var timeout: UInt32?
  /// Why it failed or was suppressed.
  public var error: MessengerError?

  /// Details of a delivery.
  public init(
    sessionName: String? = nil, userName: String? = nil, recipient: String? = nil, elapsed: Double? = nil,
    reply: String? = nil, timeout: UInt32? = nil, error: MessengerError? = nil
  ) {
    self.sessionName = sessionName
    self.userName = userName
    self.recipient = recipient
    self.elapsed = elapsed
    self.reply = reply
    self.timeout = timeout
    self.error = error
  }
}

extension DeliveryDetails {
  /// Takes an `a{sv}`. Unknown keys are passed over: a later service may tell more.
  init(from reader: inout MessageReader) throws {
    self.init()
    var code: String?
    var text: String?
    try reader.dictionary { key, value in
      switch DeliveryDetail(rawValue: key) {
      case .sessionName: sessionName = try value.string()
      case .userName: userName = try value.string()
      case .recipient: recipient = try value.string()
      case .elapsed: elapsed = try value.double()
      case .reply: reply = try value.string()
      case .timeout: timeout = try value.uint32()
      case .error: code = try value.string()
      case .errorMessage: text = try value.string()
      case nil: value.skipRest()
      }
    }
    if let reason = text ?? code {
      error = MessengerError(code.flatMap(MessengerErrorCode.init(busName:)) ?? .failed, reason)
    }
  }
}
