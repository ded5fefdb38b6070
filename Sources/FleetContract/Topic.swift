/// A topic of the protocol's first version. The broker's access control list says who may write and who may read each:
/// the level that names a sender or a machine must be the user name that the broker vouches for.
public enum Topic: Hashable, Sendable {
  /// Messages to all machines of a fleet. The sender writes, the machines read.
  case fleet(FleetName, sender: FleetName)
  /// Messages to one machine. The sender writes, the machine reads.
  case machine(FleetName, sender: FleetName)
  /// What became of a message on a machine. The machine writes, the sender reads.
  case receipt(sender: FleetName, id: MessageID, machine: FleetName)
  /// Whether a machine is there; retained. The machine writes, and senders read.
  case presence(FleetName)

  private static let prefix = "msg/1"

  /// The topic as MQTT has it.
  public var path: String {
    switch self {
    case .fleet(let fleet, let sender): "\(Self.prefix)/fleet/\(fleet)/\(sender)"
    case .machine(let machine, let sender): "\(Self.prefix)/machine/\(machine)/\(sender)"
    case .receipt(let sender, let id, let machine): "\(Self.prefix)/receipt/\(sender)/\(id)/\(machine)"
    case .presence(let machine): "\(Self.prefix)/presence/\(machine)"
    }
  }

  /// Reads a topic.
  ///
  /// - Returns: `nil` if it is none of the protocol.
  public init?(path: String) {
    let levels = path.split(separator: "/", omittingEmptySubsequences: false)
    guard levels.count > 3, "\(levels[0])/\(levels[1])" == Self.prefix, let first = FleetName(levels[3]) else {
      return nil
    }
    switch (levels[2], levels.count) {
    case ("fleet", 5):
      guard let sender = FleetName(levels[4]) else { return nil }
      self = .fleet(first, sender: sender)
    case ("machine", 5):
      guard let sender = FleetName(levels[4]) else { return nil }
      self = .machine(first, sender: sender)
    case ("receipt", 6):
      guard let id = MessageID(levels[4]), let machine = FleetName(levels[5]) else { return nil }
      self = .receipt(sender: first, id: id, machine: machine)
    case ("presence", 4): self = .presence(first)
    default: return nil
    }
  }

  /// The filter for what all senders write to a fleet.
  public static func everything(toFleet fleet: FleetName) -> String { "\(prefix)/fleet/\(fleet)/+" }

  /// The filter for what all senders write to a machine.
  public static func everything(toMachine machine: FleetName) -> String { "\(prefix)/machine/\(machine)/+" }

  /// The filter for what all machines say of a message.
  public static func receipts(of id: MessageID, to sender: FleetName) -> String {
    "\(prefix)/receipt/\(sender)/\(id)/+"
  }

  /// The filter for the presence of all machines.
  public static let allPresence = "\(prefix)/presence/+"
}
