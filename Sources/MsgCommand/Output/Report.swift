import MessengerClient
import MessengerContract

/// Reports the deliveries of a message on one machine.
protocol Report {
  /// Tells the message's id, while `/W` waits.
  mutating func tell(id: UInt64)
  /// Reports a change of a delivery while `/W` waits.
  mutating func tell(changed delivery: Delivery)
  /// Reports the answer, without what was reported already.
  mutating func tell(_ receipt: Receipt)
  /// Reports an error in place of an answer.
  mutating func tell(_ error: any Error)
}

extension Report {
  mutating func tell(id: UInt64) {}
}

extension Request {
  /// A report on this request.
  ///
  /// - Parameters:
  ///   - host: the machine. Nil is this one.
  ///   - surroundings: where the report is written.
  /// - Returns: a report in lines for people, or in JSON if the request asks for that.
  func report(on host: RemoteHost?, to surroundings: Surroundings) -> any Report {
    let label = host?.description
    return output == .json
      ? JSONReport(on: self, host: label ?? surroundings.hostName(), to: surroundings)
      : TextReport(on: self, host: hasOneTarget ? nil : label, to: surroundings)
  }
}
