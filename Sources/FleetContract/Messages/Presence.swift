public import PlainJSON

/// Whether a machine's agent is connected: retained on the broker. The broker itself writes ``offline`` if the
/// connection breaks (the Will).
public struct Presence: Sendable, Equatable {
  /// The version of the entry.
  static let version: Int64 = 1

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

extension Presence: JSONConvertible {
  private enum State: String {
    case online, offline, left
  }

  /// Reads an entry.
  public init(_ value: JSONValue) throws(JSONError) {
    try value.checkVersion(Self.version)
    let state = try value.member("state") { $0.text.flatMap(State.init(rawValue:)) }
    self.init(
      isOnline: state == .online, since: try value.member("since", \.integer), hasLeft: state == .left,
      agentVersion: try value.member("agent", \.text), fleets: try value.elements("fleets", FleetName.init))
  }

  /// The entry.
  public var json: JSONValue {
    let state: State = isOnline ? .online : hasLeft ? .left : .offline
    var members: [String: JSONValue] = [
      "v": .integer(Self.version), "state": .text(state.rawValue), "since": .integer(since),
      "agent": .text(agentVersion),
    ]
    if !fleets.isEmpty { members["fleets"] = .array(fleets.map(\.json)) }
    return .object(members)
  }
}
