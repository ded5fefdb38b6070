/// The service could not be called, or its answer not be understood. An error of the service itself is a
/// `MessengerError`.
///
/// `host` is the ``RemoteHost`` as it was written, and nil for the bus of this machine.
public enum ClientError: Error, Sendable, Equatable {
  /// No connection to the bus at this address, or to that host.
  case busUnreachable(address: String, reason: String)
  /// The bus knows no such service, or could not start it.
  case serviceUnavailable(reason: String, host: String? = nil)
  /// The service, the bus or the connection to it left before the answer came. Whether the message was shown is
  /// unknown.
  case serviceLost(reason: String, host: String? = nil)
  /// No answer within this number of seconds. Whether the message was shown is unknown.
  case noAnswer(seconds: Int, host: String? = nil)
  /// The bus's own policy forbids the call.
  case accessDenied(reason: String, host: String? = nil)
  /// The bus refused the call, even when it was tried again, because too much waits already.
  case busFull(reason: String, host: String? = nil)
  /// An answer or signal whose type or content isn't the contract's.
  case malformedAnswer(String)
  /// The call ended with a D-Bus error that isn't in the contract.
  case unexpectedError(name: String, reason: String)
  /// libdbus found no memory.
  case outOfMemory
}

extension ClientError {
  /// This error, with the host that was called.
  func on(_ host: RemoteHost) -> ClientError {
    let host = host.description
    return switch self {
    case .serviceUnavailable(let reason, _): .serviceUnavailable(reason: reason, host: host)
    case .serviceLost(let reason, _): .serviceLost(reason: reason, host: host)
    case .noAnswer(let seconds, _): .noAnswer(seconds: seconds, host: host)
    case .accessDenied(let reason, _): .accessDenied(reason: reason, host: host)
    case .busFull(let reason, _): .busFull(reason: reason, host: host)
    case .busUnreachable, .malformedAnswer, .unexpectedError, .outOfMemory: self
    }
  }
}

extension ClientError: CustomStringConvertible {
  /// One line: the cause and, if there is one, the next step.
  public var description: String {
    switch self {
    case .busUnreachable(let address, let reason):
      "can't reach \(address): \(reason)"
    case .serviceUnavailable(let reason, let host):
      "msgd\(Self.place(host)) is not installed or can't be started: \(reason) \(Self.advice(host))"
    case .serviceLost(let reason, let host):
      "msgd or the bus\(Self.place(host)) left before the answer came: \(reason) \(Self.advice(host))"
    case .noAnswer(let seconds, let host):
      "msgd\(Self.place(host)) did not answer within \(seconds) seconds \(Self.advice(host))"
    case .accessDenied(let reason, let host):
      "the bus\(Self.place(host)) refuses access to msgd: \(reason)"
    case .busFull(let reason, let host):
      "the bus\(Self.place(host)) has no room for the call, try again later: \(reason)"
    case .malformedAnswer(let culprit):
      "msgd's answer is not understood: \(culprit)"
    case .unexpectedError(let name, let reason):
      "msgd's answer is not understood: \(name): \(reason)"
    case .outOfMemory:
      "out of memory"
    }
  }

  private static func place(_ host: String?) -> String {
    host.map { " on \($0)" } ?? ""
  }

  private static func advice(_ host: String?) -> String {
    "(see: systemctl status msgd\(place(host)))"
  }
}
