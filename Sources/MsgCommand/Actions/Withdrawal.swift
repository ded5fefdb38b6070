import MessengerClient
import MessengerContract

/// `--withdraw`: takes a message back, on one host or in one fleet.
struct Withdrawal {
  private let id: MessageName
  private let machines: Machines
  private let asksPassword: Bool
  private let isVerbose: Bool

  /// Nil if the line asks for something else.
  ///
  /// - Throws: an ``InputError`` for a recipient, several machines, or an id that doesn't fit the machine.
  init?(_ options: MsgOptions, in surroundings: Surroundings) throws {
    guard let id = options.withdraw else { return nil }
    if let recipient = options.recipient {
      throw InputError.usage("--withdraw takes no recipient, such as '\(recipient)'")
    }
    machines = try options.machines.found(in: surroundings)
    guard machines.count == 1 else { throw InputError.usage("--withdraw takes one host: each has ids of its own") }
    self.id = id
    asksPassword = !options.noAskPassword
    isVerbose = options.verbose
    switch (id, machines.fleets.first) {
    case (.number(let number), let fleet?):
      throw InputError.usage("\(number) is no message to a fleet: those of '\(fleet)' have UUIDs, as --print-id prints")
    case (.uuid(let text), nil):
      throw InputError.usage("\(text) is a message to a fleet: name that with /SERVER:")
    default: break
    }
  }

  /// Withdraws it, and returns the exit status.
  func run(in surroundings: Surroundings) throws -> ExitStatus {
    switch id {
    case .number(let number):
      let service = surroundings.service(machines.hosts[0], machines.connectTimeout, asksPassword: asksPassword)
      try service.withdraw(number)
      if isVerbose { surroundings.say("Message \(number) withdrawn") }
      return .success
    case .uuid(let text): return try run(text, from: machines.fleets[0], in: surroundings)
    }
  }

  /// A machine on which the message never was, or has ended, is no failure if it is withdrawn on another. One that is
  /// offline withdraws the message before it shows it, when it is back.
  private func run(_ id: String, from fleet: FleetTarget, in surroundings: Surroundings) throws -> ExitStatus {
    var (done, ended, offline) = (0, 0, 0)
    var trouble = MachineGroups(of: fleet)
    let call = FleetCall(target: fleet, connectTimeout: machines.connectTimeout, verb: .withdraw(id: id))
    try FleetProcess.run(call, by: surroundings.fleetCommand) { event in
      switch event {
      case .answer(_, let answer) where answer.stage == .done: done += 1
      case .answer(_, let answer) where answer.error?.code == .noSuchMessage: ended += 1
      case .answer(let machine, let answer) where answer.stage == .refused:
        trouble.add(machine, answer.error?.message ?? "refused it")
      case .missing(_, .offline, _): offline += 1
      case .missing(let machine, _, _): trouble.add(machine, "did not answer")
      default: break
      }
    }
    trouble.lines.forEach(surroundings.complain)
    if isVerbose || done == 0 && offline > 0 {
      let later = offline > 0 ? "; \(MachineGroups.count(offline)) offline, and will not show it" : ""
      surroundings.say("Message \(id) withdrawn on \(MachineGroups.machines(done))\(later)")
    }
    if !trouble.isEmpty { return .notReached }
    guard done + offline > 0 else {
      surroundings.complainByName("there is no message \(id) on any machine of \(fleet)")
      return .notReached
    }
    return .success
  }
}
