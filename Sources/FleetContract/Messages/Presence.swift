/// Whether a machine's agent is connected: retained on the broker. The broker itself writes ``offline`` if the
/// connection breaks (the Will).
public struct Presence: Sendable, Equatable {
  /// The version of the entry.
  static let version = 1

  /// Whether the agent is connected.
  public var isOnline: Bool
  /// Since when, in seconds since 1970, by the machine's clock. Of a broken connection it is when it began: what the
  /// Will says is fixed then.
  public var since: Int64
  /// Whether the machine said itself that it leaves, so that `since` is when it did.
  public var hasLeft: Bool
  /// The agent's version.
  public var agentVersion: String
  /// The fleets that the machine is in, so that a sender knows who should answer where a broker serves several. Empty:
  /// the agent doesn't say, and the machine counts for every fleet.
  public var fleets: [FleetName]

  /// Makes an entry.
  public init(
    isOnline: Bool, since: Int64, hasLeft: Bool = false, agentVersion: String, fleets: [FleetName] = []
  ) {
    self.isOnline = isOnline
    self.since = since
    self.hasLeft = hasLeft
    self.agentVersion = agentVersion
    self.fleets = fleets
  }
}

extension Presence: Codable {
  private enum Key: String, CodingKey {
    case version = "v"
    case state, since, fleets
    case agentVersion = "agent"
  }

  private enum State: String, Codable {
    case online, offline, left
  }

  /// Reads an entry.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    guard try values.decode(Int.self, forKey: .version) == Self.version else {
      throw DecodingError.dataCorruptedError(forKey: .version, in: values, debugDescription: "another version")
    }
    let state = try values.decode(State.self, forKey: .state)
    self.init(
      isOnline: state == .online, since: try values.decode(Int64.self, forKey: .since), hasLeft: state == .left,
      agentVersion: try values.decode(String.self, forKey: .agentVersion),
      fleets: try values.decodeIfPresent([FleetName].self, forKey: .fleets) ?? [])
  }

  /// Writes the entry.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(Self.version, forKey: .version)
    try values.encode(isOnline ? State.online : hasLeft ? .left : .offline, forKey: .state)
    try values.encode(since, forKey: .since)
    try values.encode(agentVersion, forKey: .agentVersion)
    if !fleets.isEmpty { try values.encode(fleets, forKey: .fleets) }
  }
}
