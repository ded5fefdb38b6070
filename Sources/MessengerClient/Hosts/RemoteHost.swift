/// Another machine, as ssh reaches it.
///
/// Written as `host`, `user@host` or `ssh://[user@]host[:port]`. The host is a name, an alias of ssh's configuration,
/// or an address; one of IPv6 stands in brackets where a port may follow: `::1`, `ssh://[::1]:22`.
public struct RemoteHost: Sendable, Hashable, CustomStringConvertible {
  /// The user to log in as. Nil: the user in ssh's configuration, else the caller.
  public let user: String?
  /// The host, without brackets.
  public let host: String
  /// The port. Nil: the port in ssh's configuration, else 22.
  public let port: UInt16?
  /// The host as it was written.
  public let description: String

  /// The host that a text names.
  ///
  /// - Parameter text: one of the forms that ``RemoteHost`` lists.
  /// - Throws: `MessengerError` (`InvalidArgument`) that names the text and what is wrong with it.
  public init(_ text: String) throws {
    (user, host, port) = try HostParser(text: text).parts()
    description = text
  }
}

extension RemoteHost {
  /// The arguments that make ssh connect its input and output to the host's system bus. The user's configuration
  /// applies.
  ///
  /// - Parameter connectTimeout: how long ssh may try to connect; it takes whole seconds, at least one.
  /// - Returns: the arguments after the program's name.
  func sshArguments(connectTimeout: Duration) -> [String] {
    // With ServerAliveInterval, ssh notices a host that dies while we wait, after three unanswered probes.
    var arguments = ["-xT", "-oConnectTimeout=\(connectTimeout.wholeSeconds)", "-oServerAliveInterval=15"]
    if let port { arguments += ["-p", "\(port)"] }
    if let user { arguments += ["-l", user] }
    return arguments + ["--", host, Self.bridge]
  }

  /// The systemd program that connects its input and output to the system bus.
  static let bridge = "systemd-stdio-bridge"
}

extension Duration {
  /// Seconds, rounded up, and at least one.
  var wholeSeconds: Int64 {
    max(1, components.seconds + (components.attoseconds > 0 ? 1 : 0))
  }
}
