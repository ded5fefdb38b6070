/// Which bus a client's calls go to.
enum Endpoint: Sendable {
  /// A D-Bus address; nil for this machine's system bus.
  case bus(address: String?)
  /// Another host's system bus.
  case host(RemoteHost, connectTimeout: Duration, ssh: [String])

  /// Opens a connection.
  func connect() throws -> BusConnection {
    switch self {
    case .bus(let address): try BusConnection(address: address)
    case .host(let host, let timeout, let ssh): try BusConnection(host: host, connectTimeout: timeout, ssh: ssh)
    }
  }

  /// How long a call is tried again where the bus has no room for it. A connection to another host may cost a log-in.
  var congestionTimeout: Duration {
    switch self {
    case .bus: .seconds(10)
    case .host: .zero
    }
  }

  /// The error that the caller is to see instead of one of a call's.
  func meaning(of error: any Error) -> any Error {
    let error = (error as? BusError)?.meaning ?? error
    guard case .host(let host, _, _) = self, let error = error as? ClientError else { return error }
    return error.on(host)
  }
}
