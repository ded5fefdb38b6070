/// The interface's methods. Raw values are their names.
public enum MessengerMethod: String, Sendable, CaseIterable {
  case send = "Send"
  case sendMessage = "SendMessage"
  case update = "Update"
  case listSessions = "ListSessions"
  case getDeliveries = "GetDeliveries"
  case withdraw = "Withdraw"
  case listHeld = "ListHeld"
  case setMuted = "SetMuted"
  case getMuted = "GetMuted"
  case checkConfiguration = "CheckConfiguration"

  /// The signatures of the arguments and of the results.
  public var signatures: (input: String, output: String) {
    switch self {
    case .send: ("assa{sv}", "ta" + Delivery.signature)
    case .sendMessage: ("ss", "t")
    case .update: ("tsa{sv}", "")
    case .listSessions: ("", "a" + Session.signature)
    case .getDeliveries: ("t", "a" + Delivery.signature)
    case .withdraw: ("t", "")
    case .listHeld: ("", "a" + HeldMessage.signature)
    case .setMuted: ("b", "")
    case .getMuted: ("", "b")
    case .checkConfiguration: ("", "sbas")
    }
  }
}

/// The interface's signals. Raw values are their names.
public enum MessengerSignal: String, Sendable, CaseIterable {
  case deliveriesChanged = "DeliveriesChanged"

  /// The signature of the arguments.
  public var signature: String {
    switch self {
    case .deliveriesChanged: "ta" + Delivery.signature
    }
  }
}

/// The interface's properties, all of them constant and read-only. Raw values are their names.
public enum MessengerProperty: String, Sendable, CaseIterable {
  case version = "Version"
  case defaultTimeout = "DefaultTimeout"
  case maximumBodyLength = "MaximumBodyLength"

  /// The signature of the value.
  public var signature: String {
    switch self {
    case .version: "s"
    case .defaultTimeout, .maximumBodyLength: "u"
    }
  }
}
