import MessengerClient
import MessengerContract

/// `--doctor`: checks every part that a message passes, on one machine or several.
struct Doctor {
  private let machines: Machines
  private let isJSON: Bool

  /// The action of the command line. Nil if that is another one.
  ///
  /// - Throws: an ``InputError`` that names an argument without meaning beside it.
  init?(_ options: MsgOptions, in surroundings: Surroundings) throws {
    guard options.doctor else { return nil }
    if let recipient = options.recipient {
      throw InputError.usage("--doctor takes no recipient, such as '\(recipient)': it sends nothing")
    }
    machines = try options.machines.found(in: surroundings)
    isJSON = options.json
  }

  /// Runs and prints the checks, and returns the exit status.
  func run(in surroundings: Surroundings) -> ExitStatus {
    let examine = surroundings.examine
    let hostTimeout = machines.connectTimeout
    var answers: [[Finding]] = machines.hosts.map { _ in [] }
    let work: @Sendable (RemoteHost?, ([Finding]) -> Void) -> Void = { host, tell in tell(examine(host, hostTimeout)) }
    ConcurrentCalls.run(machines.hosts, work: work) { answers[$0] = $1 }
    for (index, host) in machines.hosts.enumerated() {
      answers[index] += FleetsCheck(of: host, after: answers[index], in: surroundings).findings
      tell(answers[index], of: host?.description, to: surroundings)
    }
    for fleet in machines.fleets {
      let findings = findings(of: fleet, in: surroundings)
      tell(findings, of: fleet.description, to: surroundings)
      answers.append(findings)
    }
    return answers.joined().contains { $0.state == .wrong } ? .notReached : .success
  }

  /// Asks msg-fleet what it finds.
  private func findings(of fleet: FleetTarget, in surroundings: Surroundings) -> [Finding] {
    var findings: [Finding] = []
    let call = FleetCall(target: fleet, connectTimeout: machines.connectTimeout, verb: .doctor)
    do throws(MessengerError) {
      try FleetProcess.run(call, by: surroundings.fleetCommand) { event in
        if case .finding(let finding) = event { findings.append(finding) }
      }
      guard let machine = fleet.machine else { return findings }
      // It counts the machines that it has looked for: this one alone.
      findings.removeAll { $0.check == "machines" }
      // Whoever can't reach the broker knows nothing of the machine.
      guard !findings.contains(where: { $0.check == "broker" && $0.state == .wrong }) else { return findings }
      findings.append(try finding(on: machine, of: fleet, in: surroundings))
    } catch {
      findings.append(Finding(check: "fleet", state: .wrong, text: error.message))
    }
    return findings
  }

  /// Asks msg-fleet for a machine.
  private func finding(
    on name: String, of fleet: FleetTarget, in surroundings: Surroundings
  ) throws(MessengerError) -> Finding {
    var machine: FleetMachine?
    let call = FleetCall(target: fleet, connectTimeout: machines.connectTimeout, verb: .machines)
    try FleetProcess.run(call, by: surroundings.fleetCommand) { event in
      if case .machine(let found) = event, found.name == name { machine = found }
    }
    return MachineCheck(fleet: fleet, machineName: name, machine: machine, now: surroundings.now()).finding
  }

  private func tell(_ findings: [Finding], of host: String?, to surroundings: Surroundings) {
    if isJSON {
      let name = host ?? surroundings.hostName()
      for finding in findings { surroundings.say(finding.json(host: name).line) }
    } else {
      if let host, machines.count > 1 { surroundings.say("\(host):") }
      findings.flatMap(\.lines).forEach { surroundings.say($0) }
    }
  }
}
