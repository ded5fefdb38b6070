/// The bus that a client calls.
enum Endpoint: Sendable {
  /// A D-Bus address. Nil is this machine's system bus.
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

  /// How long a call is tried again if the bus has no room for it. Never on another host, where each try may need a
  /// log-in.
  var congestionTimeout: Duration {
    switch self {
    case .bus: .seconds(10)
    case .host: .zero
    }
  }

  /// The error that the caller gets for an error of a call.
  func meaning(of error: any Error) -> any Error {
    let error = (error as? BusError)?.meaning ?? error
    guard case .host(let host, _, _) = self, let error = error as? ClientError else { return error }
    return error.on(host)
  }
}
