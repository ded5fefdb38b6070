public import MessengerContract

/// A message to a fleet or to one of its machines: the payload, which its sender signs.
public struct FleetMessage: Sendable, Equatable {
  /// The version of the payload.
  static let version = 1

  /// The longest time between a message and its expiry, in seconds: the time for which a broker keeps the session of a
  /// machine that is away.
  public static let longestLife: Int64 = 7 * 86_400

  /// Names the message. Machines show no id twice.
  public var id: MessageID
  /// Who sends it. The topic and the signature must name the same sender.
  public var sender: FleetName
  /// When it was sent, in seconds since 1970.
  public var sent: Int64
  /// When it is over, in seconds since 1970. A machine that gets it later shows nothing.
  public var expires: Int64
  /// The fleet. The signature must be for it.
  public var fleet: FleetName
  /// The only machine that it is for; `nil` if it is for all machines of the fleet.
  public var machine: FleetName?
  /// What the machine is to do.
  public var request: FleetRequest

  /// Makes a message.
  public init(
    id: MessageID, sender: FleetName, sent: Int64, expires: Int64, fleet: FleetName, machine: FleetName? = nil,
    request: FleetRequest
  ) {
    self.id = id
    self.sender = sender
    self.sent = sent
    self.expires = expires
    self.fleet = fleet
    self.machine = machine
    self.request = request
  }

  /// The topic that it is written to.
  public var topic: Topic {
    machine.map { .machine($0, sender: sender) } ?? .fleet(fleet, sender: sender)
  }
}

/// What a machine is asked to do.
public enum FleetRequest: Sendable, Equatable {
  /// Show a message, as `Send` of msgd does.
  case send(recipients: [String], body: String, options: SendOptions)
  /// Take a message back.
  case withdraw(MessageID)
  /// Tell again what became of a message.
  case status(MessageID)
  /// List the sessions of users.
  case sessions
}

extension FleetMessage: Codable {
  private enum Key: String, CodingKey {
    case version = "v"
    case id, sender, sent, expires, fleet, machine, recipients, body, options, message
    case verb = "do"
  }

  private enum Verb: String, Codable {
    case send, withdraw, status, sessions
  }

  /// Reads a payload.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    let version = try values.decode(Int.self, forKey: .version)
    guard version == Self.version else {
      throw DecodingError.dataCorruptedError(
        forKey: .version, in: values, debugDescription: "it has version \(version), not \(Self.version)")
    }
    id = try values.decode(MessageID.self, forKey: .id)
    sender = try values.decode(FleetName.self, forKey: .sender)
    sent = try values.decode(Int64.self, forKey: .sent)
    expires = try values.decode(Int64.self, forKey: .expires)
    fleet = try values.decode(FleetName.self, forKey: .fleet)
    machine = try values.decodeIfPresent(FleetName.self, forKey: .machine)
    switch try values.decode(Verb.self, forKey: .verb) {
    case .send:
      var options = SendOptions()
      try options.read(from: try values.superDecoder(forKey: .options), skipsUnknown: false)
      request = .send(
        recipients: try values.decode([String].self, forKey: .recipients),
        body: try values.decode(String.self, forKey: .body), options: options)
    case .withdraw: request = .withdraw(try values.decode(MessageID.self, forKey: .message))
    case .status: request = .status(try values.decode(MessageID.self, forKey: .message))
    case .sessions: request = .sessions
    }
  }

  /// Writes the payload.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(Self.version, forKey: .version)
    try values.encode(id, forKey: .id)
    try values.encode(sender, forKey: .sender)
    try values.encode(sent, forKey: .sent)
    try values.encode(expires, forKey: .expires)
    try values.encode(fleet, forKey: .fleet)
    try values.encodeIfPresent(machine, forKey: .machine)
    switch request {
    case .send(let recipients, let body, let options):
      try values.encode(Verb.send, forKey: .verb)
      try values.encode(recipients, forKey: .recipients)
      try values.encode(body, forKey: .body)
      try options.write(to: values.superEncoder(forKey: .options))
    case .withdraw(let message):
      try values.encode(Verb.withdraw, forKey: .verb)
      try values.encode(message, forKey: .message)
    case .status(let message):
      try values.encode(Verb.status, forKey: .verb)
      try values.encode(message, forKey: .message)
    case .sessions: try values.encode(Verb.sessions, forKey: .verb)
    }
  }
}
