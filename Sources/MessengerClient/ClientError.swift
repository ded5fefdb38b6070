/// Why the service could not be asked, or its answer not be understood. What the service itself refuses is a `MessengerError`.
public enum ClientError: Error, Sendable, Equatable {
  /// The bus at this address takes no connection.
  case busUnreachable(address: String, reason: String)
  /// The bus knows no such service, or could not start it.
  case serviceUnavailable(reason: String)
  /// The service or the bus left before the answer came. Whether the message was shown is unknown.
  case serviceLost(reason: String)
  /// No answer within this number of seconds. Whether the message was shown is unknown.
  case noAnswer(seconds: Int)
  /// The bus's own policy forbids the call.
  case accessDenied(reason: String)
  /// An answer or signal of another type or content than the contract's.
  case malformedAnswer(String)
  /// The call ended with a D-Bus error that has no place in the contract.
  case unexpectedError(name: String, reason: String)
  /// libdbus found no memory.
  case outOfMemory
}

extension ClientError: CustomStringConvertible {
  /// What went wrong and, where there is one, the next step.
  public var description: String {
    switch self {
    case .busUnreachable(let address, let reason):
      "can't reach \(address): \(reason)"
    case .serviceUnavailable(let reason):
      "msgd is not installed or can't be started: \(reason) (see: systemctl status msgd)"
    case .serviceLost(let reason):
      "msgd or the bus left before the answer came: \(reason) (see: systemctl status msgd)"
    case .noAnswer(let seconds):
      "msgd did not answer within \(seconds) seconds (see: systemctl status msgd)"
    case .accessDenied(let reason):
      "the bus refuses access to msgd: \(reason)"
    case .malformedAnswer(let culprit):
      "msgd's answer is not understood: \(culprit)"
    case .unexpectedError(let name, let reason):
      "msgd's answer is not understood: \(name): \(reason)"
    case .outOfMemory:
      "out of memory"
    }
  }
}
