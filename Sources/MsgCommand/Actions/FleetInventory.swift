import MessengerClient
import MessengerContract

/// `--machines`: the machines of a fleet, or one of them, as its broker knows them; or else the fleets.
struct FleetInventory {
  /// Nil to list the fleets.
  private let fleet: FleetTarget?
  private let fleets: FleetNames
  private let connectTimeout: Duration
  private let isJSON: Bool

  private static let header = ["MACHINE", "STATE", "SINCE", "AGENT"]

  /// Nil if the line asks for something else.
  ///
  /// - Throws: an ``InputError`` for several fleets, or if there is no such fleet, or none at all.
  init?(_ options: MsgOptions, in surroundings: Surroundings) throws {
    guard let name = options.inventory else { return nil }
    fleets = try FleetNames.read(in: surroundings)
    fleet = try Self.fleet(name, options)
    connectTimeout = options.machines.hostTimeout
    isJSON = options.json
    if let fleet {
      guard fleets.contains(fleet.fleet) else { throw InputError.usage(fleets.absence(of: fleet.fleet)) }
    } else if fleets.names.isEmpty {
      throw InputError.content(fleets.absence())
    } else if isJSON {
      throw InputError.usage("--json needs a fleet: --machines office --json; the fleets are \(fleets.list)")
    }
  }

  /// The fleet of the command line, in one of three places: `--machines office`, `--machines /SERVER:office`, or behind
  /// another option. Nil if there is none.
  private static func fleet(_ name: String, _ options: MsgOptions) throws -> FleetTarget? {
    var targets = options.machines.server.map { $0.names.map(\.target) } ?? []
    let words = [name.isEmpty ? nil : name, options.recipient].compactMap(\.self) + options.message
    targets += words.map { FleetTarget($0) }
    guard targets.count < 2 else {
      throw InputError.usage("--machines takes one fleet, or one machine of a fleet, and nothing more")
    }
    return targets.first
  }

  /// Prints the list, and returns the exit status.
  func run(in surroundings: Surroundings) -> ExitStatus {
    guard let fleet else {
      fleets.names.sorted().forEach { surroundings.say($0) }
      for file in fleets.closedFiles {
        surroundings.complainByName("there may be more fleets in \(file), which must be readable for you")
      }
      return .success
    }
    return list(fleet, in: surroundings)
  }

  private func list(_ fleet: FleetTarget, in surroundings: Surroundings) -> ExitStatus {
    var machines: [FleetMachine] = []
    do throws(MessengerError) {
      try FleetProcess.run(
        FleetCall(target: fleet, connectTimeout: connectTimeout, verb: .machines), by: surroundings.fleetCommand
      ) { event in
        if case .machine(let machine) = event { machines.append(machine) }
      }
    } catch {
      surroundings.complainByName("\(fleet): \(error)")
      return ExitStatus(error)
    }
    guard !machines.isEmpty else {
      if !isJSON { surroundings.complain("\(fleet): no machine is enrolled") }
      return fleet.machine == nil ? .success : .notReached
    }
    if isJSON {
      for machine in machines { surroundings.say(json(machine, of: fleet).line) }
    } else {
      let now = surroundings.now()
      let rows = [Self.header] + machines.map { row($0, at: now) }
      let widths = Self.header.indices.map { column in rows.map { TerminalWidth.of($0[column]) }.max() ?? 0 }
      for row in rows {
        surroundings.say(
          zip(row, widths).map { $0 + String(repeating: " ", count: $1 - TerminalWidth.of($0)) }
            .joined(separator: "  ").trimmedAtEnd)
      }
    }
    // Whoever asks for one machine wants to know whether there is one of that name.
    return fleet.machine != nil && machines.allSatisfy({ $0.since == nil }) ? .notReached : .success
  }

  private func row(_ machine: FleetMachine, at now: Timestamp) -> [String] {
    [
      machine.name, machine.isOnline ? "online" : "offline", machine.time(at: now) ?? "never seen",
      CharacterPolicy.terminalLine.applied(to: machine.agentVersion),
    ]
  }

  private func json(_ machine: FleetMachine, of fleet: FleetTarget) -> JSONObject {
    JSONObject([
      "host": .text(fleet.name(of: machine.name)), "machine": .text(machine.name),
      "state": .text(machine.isOnline ? "online" : "offline"),
      "since": machine.since.map { .integer(UInt64(max(0, $0))) } ?? .null, "left": .boolean(machine.hasLeft),
      "agent": .text(orNull: machine.agentVersion.isEmpty ? nil : machine.agentVersion),
    ])
  }
}

extension HostList.Name {
  /// The fleet that the word names.
  fileprivate var target: FleetTarget {
    switch self {
    case .machine(let target): target
    case .host(let host): FleetTarget(fleet: host.description)
    }
  }
}

extension String {
  fileprivate var trimmedAtEnd: String { String(reversed().drop { $0 == " " }.reversed()) }
}
