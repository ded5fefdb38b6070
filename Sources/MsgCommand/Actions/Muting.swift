import MessengerClient

/// `--mute`, `--unmute` and `--mute-status`: whether the caller accepts messages, on one machine or several.
struct Muting {
  /// Whether to mute or unmute. Nil for `--mute-status`.
  private let isMuted: Bool?
  private let machines: Machines
  private let isTold: Bool

  /// The action of the command line. Nil if that is another one.
  ///
  /// - Throws: an ``InputError`` that names an argument without meaning beside it.
  init?(_ options: MsgOptions, in surroundings: Surroundings) throws {
    let acts = [("--mute", options.mute), ("--unmute", options.unmute), ("--mute-status", options.muteStatus)]
    guard let (act, _) = acts.first(where: \.1) else { return nil }
    if let recipient = options.recipient {
      throw InputError.usage("\(act) takes no recipient, such as '\(recipient)': it is about who calls")
    }
    isMuted = options.muteStatus ? nil : options.mute
    machines = try options.machines.found(in: surroundings).withoutFleets(for: act)
    isTold = options.muteStatus || options.verbose
  }

  /// Runs it, and returns the exit status.
  func run(in surroundings: Surroundings) -> ExitStatus {
    let services = machines.hosts.map { surroundings.service($0, machines.connectTimeout) }
    var statuses = services.map { _ in ExitStatus.internalError }
    let work: @Sendable (any ServiceClient, (Result<Bool, any Error>) -> Void) -> Void = { [isMuted] service, tell in
      tell(
        Result {
          guard let isMuted else { return try service.isMuted() }
          try service.setMuted(isMuted)
          return isMuted
        })
    }
    ConcurrentCalls.run(services, work: work) { statuses[$0] = report($1, from: machines.hosts[$0], to: surroundings) }
    return ExitStatus(statuses)
  }

  private func report(
    _ answer: Result<Bool, any Error>, from host: RemoteHost?, to surroundings: Surroundings
  ) -> ExitStatus {
    let prefix = host.flatMap { machines.hosts.count > 1 ? "\($0): " : nil } ?? ""
    do {
      let isMuted = try answer.get()
      if isTold { surroundings.say(prefix + (isMuted ? "muted" : "not muted")) }
      return .success
    } catch {
      surroundings.complain(about: error, on: prefix)
      return ExitStatus(error)
    }
  }
}
