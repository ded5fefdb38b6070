public import PlainJSON

/// What every payload says of itself, whatever it asks for.
public struct MessageHead: Sendable, Equatable {
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

  /// Reads the members of a payload.
  ///
  /// - Throws: a `JSONError` that names what is missing.
  public init(_ value: JSONValue) throws(JSONError) {
    id = try value.member("id", MessageID.init)
    sender = try value.member("sender", FleetName.init)
    sent = try value.member("sent", \.integer)
    expires = try value.member("expires", \.integer)
    fleet = try value.member("fleet", FleetName.init)
    machine = try value.optionalMember("machine", FleetName.init)
  }

  init(id: MessageID, sender: FleetName, sent: Int64, expires: Int64, fleet: FleetName, machine: FleetName?) {
    self.id = id
    self.sender = sender
    self.sent = sent
    self.expires = expires
    self.fleet = fleet
    self.machine = machine
  }

  /// The members, for a payload.
  var members: [String: JSONValue] {
    [
      "id": id.json, "sender": sender.json, "sent": .integer(sent), "expires": .integer(expires), "fleet": fleet.json,
      "machine": machine?.json,
    ].compactMapValues(\.self)
  }

  /// The topic that it is written to.
  public var topic: Topic {
    machine.map { .machine($0, sender: sender) } ?? .fleet(fleet, sender: sender)
  }
}
