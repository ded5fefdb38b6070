import MessengerClient

/// Questions to the hosts of a command line.
extension Machines {
  /// Asks every machine at the same time, and reports each answer, in the order of the command line.
  ///
  /// - Parameters:
  ///   - surroundings: where the errors are reported.
  ///   - asksPassword: whether a call may ask for a password.
  ///   - call: the call, on a thread of its own for each machine.
  ///   - report: reports an answer, and returns its status. The prefix is the host's name if there are several.
  /// - Returns: the status of all together.
  func ask<Answer: Sendable>(
    in surroundings: Surroundings, asksPassword: Bool = false,
    _ call: @escaping @Sendable (any ServiceClient) throws -> Answer,
    _ report: (_ answer: Answer, _ host: RemoteHost?, _ prefix: String) -> ExitStatus
  ) -> ExitStatus {
    let services = hosts.map { surroundings.service($0, connectTimeout, asksPassword: asksPassword) }
    var answers: [Result<Answer, any Error>?] = services.map { _ in nil }
    let work: @Sendable (any ServiceClient, (Result<Answer, any Error>) -> Void) -> Void = { service, tell in
      tell(Result { try call(service) })
    }
    ConcurrentCalls.run(services, work: work) { answers[$0] = $1 }
    return ExitStatus(
      zip(hosts, answers).map { host, answer in
        let prefix = host.flatMap { count > 1 ? "\($0): " : nil } ?? ""
        switch answer {
        case .success(let answer): return report(answer, host, prefix)
        case .failure(let error):
          surroundings.complain(about: error, on: prefix)
          return ExitStatus(error)
        case nil: return .internalError
        }
      })
  }
}
