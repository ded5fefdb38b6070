import MessengerClient

/// `--doctor`: checks every part that a message passes, on one machine or several.
struct Doctor {
  private let machines: MachineOptions
  private let isJSON: Bool

  /// The action of the command line. Nil if that is another one.
  ///
  /// - Throws: an ``InputError`` that names an argument without meaning beside it.
  init?(_ options: MsgOptions) throws {
    guard options.doctor else { return nil }
    if let recipient = options.recipient {
      throw InputError.usage("--doctor takes no recipient, such as '\(recipient)': it sends nothing")
    }
    machines = options.machines
    isJSON = options.json
  }

  /// Runs and prints the checks, and returns the exit status.
  func run(in surroundings: Surroundings) -> ExitStatus {
    let examine = surroundings.examine
    let hostTimeout = machines.hostTimeout
    var answers: [[Finding]] = machines.hosts.map { _ in [] }
    let work: @Sendable (RemoteHost?, ([Finding]) -> Void) -> Void = { host, tell in tell(examine(host, hostTimeout)) }
    ConcurrentCalls.run(machines.hosts, work: work) { answers[$0] = $1 }
    for (host, findings) in zip(machines.hosts, answers) { tell(findings, of: host, to: surroundings) }
    return answers.joined().contains { $0.state == .wrong } ? .notReached : .success
  }

  private func tell(_ findings: [Finding], of host: RemoteHost?, to surroundings: Surroundings) {
    if isJSON {
      let name = host?.description ?? surroundings.hostName()
      for finding in findings { surroundings.say(finding.json(host: name).line) }
    } else {
      if let host, machines.hosts.count > 1 { surroundings.say("\(host):") }
      findings.flatMap(\.lines).forEach { surroundings.say($0) }
    }
  }
}
