import MessengerContract

/// `--machines`: the machines of a fleet, as its broker knows them.
struct FleetInventory {
  private let fleet: FleetTarget
  private let connectTimeout: Duration
  private let isJSON: Bool

  private static let header = ["MACHINE", "STATE", "SINCE", "AGENT"]

  /// Nil if the line asks for something else.
  ///
  /// - Throws: an ``InputError`` for a recipient, or if there is no such fleet.
  init?(_ options: MsgOptions, in surroundings: Surroundings) throws {
    guard let name = options.inventory else { return nil }
    if let recipient = options.recipient {
      throw InputError.usage("--machines takes no recipient, such as '\(recipient)'")
    }
    guard options.machines.server == nil else { throw InputError.usage("--machines takes a fleet, and no --server") }
    guard try FleetNames.read(in: surroundings).contains(name) else {
      throw InputError.usage("there is no fleet '\(name)': see fleets.conf(5)")
    }
    fleet = FleetTarget(fleet: name)
    connectTimeout = options.machines.hostTimeout
    isJSON = options.json
  }

  /// Prints the list, and returns the exit status.
  func run(in surroundings: Surroundings) -> ExitStatus {
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
      return .success
    }
    if isJSON {
      for machine in machines { surroundings.say(json(machine).line) }
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
    return .success
  }

  private func row(_ machine: FleetMachine, at now: Timestamp) -> [String] {
    [
      machine.name, machine.isOnline ? "online" : "offline",
      // When a connection broke, nobody knows: the entry is as old as the connection.
      machine.since.map {
        (machine.isOnline || machine.hasLeft ? "" : "after ") + Timestamp(seconds: $0).clock(seenAt: now)
      }
        ?? "never seen",
      CharacterPolicy.terminalLine.applied(to: machine.agentVersion),
    ]
  }

  private func json(_ machine: FleetMachine) -> JSONObject {
    JSONObject([
      "host": .text(fleet.name(of: machine.name)), "machine": .text(machine.name),
      "state": .text(machine.isOnline ? "online" : "offline"),
      "since": machine.since.map { .integer(UInt64(max(0, $0))) } ?? .null, "left": .boolean(machine.hasLeft),
      "agent": .text(orNull: machine.agentVersion.isEmpty ? nil : machine.agentVersion),
    ])
  }
}

extension String {
  fileprivate var trimmedAtEnd: String { String(reversed().drop { $0 == " " }.reversed()) }
}
