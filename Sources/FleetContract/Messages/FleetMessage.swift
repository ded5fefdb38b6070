public import MessengerContract
public import PlainJSON

/// A message to a fleet or to one of its machines: the payload, which its sender signs.
@dynamicMemberLookup
public struct FleetMessage: Sendable, Equatable {
  /// The version of the payload.
  static let version: Int64 = 1

  /// The longest time between a message and its expiry, in seconds: the time for which a broker keeps the session of a
  /// machine that is away.
  public static let longestLife: Int64 = 7 * 86_400

  /// What it says of itself, whose members are the message's, too.
  public var head: MessageHead
  /// What the machine is to do.
  public var request: FleetRequest

  /// Makes a message.
  public init(
    id: MessageID, sender: FleetName, sent: Int64, expires: Int64, fleet: FleetName, machine: FleetName? = nil,
    request: FleetRequest
  ) {
    head = MessageHead(id: id, sender: sender, sent: sent, expires: expires, fleet: fleet, machine: machine)
    self.request = request
  }

  /// A member of the head.
  public subscript<Member>(dynamicMember path: WritableKeyPath<MessageHead, Member>) -> Member {
    get { head[keyPath: path] }
    set { head[keyPath: path] = newValue }
  }

  /// The topic that it is written to.
  public var topic: Topic { head.topic }
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

extension FleetMessage: JSONConvertible {
  /// Reads a payload. An option that is unknown is an error: nobody would know what the message does without it.
  public init(_ value: JSONValue) throws(JSONError) {
    try value.checkVersion(Self.version)
    head = try MessageHead(value)
    switch try value.member("do", \.text) {
    case "send":
      var options = SendOptions()
      try options.read(try value.member("options", \.object), skipsUnknown: false)
      request = .send(
        recipients: try value.member("recipients", \.texts), body: try value.member("body", \.text), options: options)
    case "withdraw": request = .withdraw(try value.member("message", MessageID.init))
    case "status": request = .status(try value.member("message", MessageID.init))
    case "sessions": request = .sessions
    case let verb: throw JSONError("'\(verb)' is nothing that it can do")
    }
  }

  /// The payload.
  public var json: JSONValue {
    var members = head.members
    members["v"] = .integer(Self.version)
    switch request {
    case .send(let recipients, let body, let options):
      members["do"] = .text("send")
      members["recipients"] = .array(recipients.map { .text($0) })
      members["body"] = .text(body)
      members["options"] = options.jsonFields
    case .withdraw(let message): members.merge(["do": .text("withdraw"), "message": message.json]) { $1 }
    case .status(let message): members.merge(["do": .text("status"), "message": message.json]) { $1 }
    case .sessions: members["do"] = .text("sessions")
    }
    return .object(members)
  }
}

extension JSONValue {
  /// Checks the version of what this package writes.
  ///
  /// - Throws: a `JSONError` if it is another one.
  func checkVersion(_ version: Int64) throws(JSONError) {
    let found = try member("v", \.integer)
    guard found == version else { throw JSONError("it has version \(found), not \(version)") }
  }
}
