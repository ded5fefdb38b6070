/// How the process that carried a connection to another host ended. ssh ends with the status of the program there.
package enum BridgeEnding: Equatable {
  case exited(Int32)
  case killed
  /// Something else in this process reaped it.
  case unknown
}

extension BridgeEnding: CustomStringConvertible {
  /// The error's text: the cause, and the next step.
  package var description: String {
    switch self {
    case .exited(255): "ssh failed, see its message above"
    case .exited(127): "\(RemoteHost.bridge), a part of systemd, is not installed there"
    case .exited(0): "the system bus there closed the connection"
    case .exited(let status): "\(RemoteHost.bridge) or the shell there ended with status \(status)"
    case .killed: "ssh was killed, or what came through it is no D-Bus: does a start-up file there print text?"
    case .unknown: "ssh closed the connection"
    }
  }
}
