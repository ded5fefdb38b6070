public import MessengerContract
public import PlainJSON

/// What a machine says of a message, each time that something has become of it. Later receipts replace earlier ones.
public struct MachineReceipt: Sendable, Equatable {
  /// The version of the receipt.
  static let version: Int64 = 1

  /// How a message stands on a machine.
  public enum Stage: String, Sendable {
    /// The machine has it, and shows it when all that waited for the machine is read.
    case received
    /// msgd has taken it: the deliveries say the rest.
    case sent
    /// The machine or its msgd has refused it, or what was asked: the error says why.
    case refused
    /// What was asked is done: the message is withdrawn, or the sessions are listed.
    case done
    /// The agent ended while it gave the message to msgd, so that nobody knows whether it was shown.
    case unknown
  }

  /// The message.
  public var id: MessageID
  /// The time on the machine, in seconds since 1970.
  public var at: Int64
  /// The number of this receipt among those of the message on this machine, from 0.
  public var number: Int
  /// How the message stands.
  public var stage: Stage
  /// What became of it so far, as in the answer of msgd's `Send`. All of them, not the changes alone.
  public var deliveries: [Delivery]
  /// The sessions, if they were asked for.
  public var sessions: [Session]
  /// Why it was refused.
  public var error: MessengerError?
  /// Whether no further receipt follows.
  public var isFinal: Bool

  /// Makes a receipt.
  public init(
    id: MessageID, at: Int64, number: Int = 0, stage: Stage, deliveries: [Delivery] = [], sessions: [Session] = [],
    error: MessengerError? = nil, isFinal: Bool = false
  ) {
    self.id = id
    self.at = at
    self.number = number
    self.stage = stage
    self.deliveries = deliveries
    self.sessions = sessions
    self.error = error
    self.isFinal = isFinal
  }
}

extension MachineReceipt: JSONConvertible {
  /// Reads a receipt. What is unknown in it, such as a newer version's, is skipped.
  public init(_ value: JSONValue) throws(JSONError) {
    try value.checkVersion(Self.version)
    id = try value.member("id", MessageID.init)
    at = try value.member("at", \.integer)
    number = Int(try value.member("number", \.integer))
    stage = try value.member("stage") { $0.text.flatMap(Stage.init(rawValue:)) }
    deliveries = try value.elements("deliveries", Delivery.init)
    sessions = try value.elements("sessions", Session.init)
    if let name = try value.optionalMember("error", \.text) {
      error = MessengerError(
        MessengerErrorCode(busName: name) ?? .failed, try value.optionalMember("error-message", \.text) ?? name)
    }
    isFinal = try value.optionalMember("final", \.boolean) ?? false
  }

  /// The receipt.
  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "v": .integer(Self.version), "id": id.json, "at": .integer(at), "number": .integer(Int64(number)),
      "stage": .text(stage.rawValue),
    ]
    if !deliveries.isEmpty { members["deliveries"] = .array(deliveries.map(\.json)) }
    if !sessions.isEmpty { members["sessions"] = .array(sessions.map(\.json)) }
    members["error"] = error.map { .text($0.code.busName) }
    members["error-message"] = error.map { .text($0.message) }
    if isFinal { members["final"] = .boolean(true) }
    return .object(members)
  }
}
