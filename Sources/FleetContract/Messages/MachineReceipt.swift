public import MessengerContract

/// What a machine says of a message, each time that something has become of it. Later receipts replace earlier ones.
public struct MachineReceipt: Sendable, Equatable {
  /// The version of the receipt.
  static let version = 1

  /// How a message stands on a machine.
  public enum Stage: String, Sendable, Codable {
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

extension MachineReceipt: Codable {
  private enum Key: String, CodingKey {
    case version = "v"
    case id, at, number, stage, deliveries, sessions, error
    case errorMessage = "error-message"
    case isFinal = "final"
  }

  /// Reads a receipt.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    let version = try values.decode(Int.self, forKey: .version)
    guard version == Self.version else {
      throw DecodingError.dataCorruptedError(
        forKey: .version, in: values, debugDescription: "it has version \(version), not \(Self.version)")
    }
    id = try values.decode(MessageID.self, forKey: .id)
    at = try values.decode(Int64.self, forKey: .at)
    number = try values.decode(Int.self, forKey: .number)
    stage = try values.decode(Stage.self, forKey: .stage)
    deliveries = (try values.decodeIfPresent([DeliveryCoding].self, forKey: .deliveries) ?? []).map(\.delivery)
    sessions = (try values.decodeIfPresent([SessionCoding].self, forKey: .sessions) ?? []).map(\.session)
    error = try values.decodeIfPresent(String.self, forKey: .error).map {
      MessengerError(
        MessengerErrorCode(busName: $0) ?? .failed, try values.decodeIfPresent(String.self, forKey: .errorMessage) ?? $0
      )
    }
    isFinal = try values.decodeIfPresent(Bool.self, forKey: .isFinal) ?? false
  }

  /// Writes the receipt.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(Self.version, forKey: .version)
    try values.encode(id, forKey: .id)
    try values.encode(at, forKey: .at)
    try values.encode(number, forKey: .number)
    try values.encode(stage, forKey: .stage)
    if !deliveries.isEmpty { try values.encode(deliveries.map(DeliveryCoding.init), forKey: .deliveries) }
    if !sessions.isEmpty { try values.encode(sessions.map(SessionCoding.init), forKey: .sessions) }
    try values.encodeIfPresent(error?.code.busName, forKey: .error)
    try values.encodeIfPresent(error?.message, forKey: .errorMessage)
    if isFinal { try values.encode(true, forKey: .isFinal) }
  }
}
