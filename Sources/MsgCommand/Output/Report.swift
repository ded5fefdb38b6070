import MessengerClient
import MessengerContract

/// Tells what becomes of a message on one machine.
protocol Report {
  /// News of a delivery while `/W` waits.
  mutating func tell(_ change: DeliveryChange)
  /// The answer: what has not been told yet.
  mutating func tell(_ receipt: Receipt)
  /// What kept the machine from an answer.
  mutating func tell(_ error: any Error)
}

extension Request {
  /// A report on this request.
  ///
  /// - Parameters:
  ///   - host: the machine; nil for this one.
  ///   - surroundings: where it is written.
  /// - Returns: lines for people, or JSON where the request asks for it.
  func report(on host: RemoteHost?, to surroundings: Surroundings) -> any Report {
    let label = host?.description
    return output == .json
      ? JSONReport(on: self, host: label ?? surroundings.hostName(), to: surroundings)
      : TextReport(on: self, host: hosts.count > 1 ? label : nil, to: surroundings)
  }
}
