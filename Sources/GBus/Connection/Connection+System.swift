internal import CGIO
internal import Glibc

// Joining the system bus.
extension Connection {
  /// The system bus's address unless the environment says otherwise (D-Bus Specification, System message bus).
  private nonisolated static let standardAddress = "unix:path=/var/run/dbus/system_bus_socket"

  /// Connects to the system bus, at `DBUS_SYSTEM_BUS_ADDRESS` if that is set.
  ///
  /// - Parameter deadline: the time by which the bus must have admitted the connection.
  /// - Returns: the connection.
  /// - Throws: ``BusError``.
  public static func system(deadline: Deadline) async throws -> Connection {
    try await system(at: systemAddress, deadline: deadline)
  }

  /// The system bus's address.
  nonisolated static var systemAddress: String {
    let variable = getenv("DBUS_SYSTEM_BUS_ADDRESS").map { String(cString: $0) } ?? ""
    return variable.isEmpty ? standardAddress : variable
  }

  /// Connects to a system bus.
  ///
  /// - Parameters:
  ///   - address: one or more addresses in D-Bus's format; the first one that can be joined is used.
  ///   - deadline: the time by which the bus must have admitted the connection.
  /// - Returns: the connection.
  /// - Throws: ``BusError``.
  public static func system(at address: String, deadline: Deadline) async throws -> Connection {
    var reason = BusError.local("no address of a Unix socket: \(address)")
    for address in BusAddress.list(address) {
      do {
        let (socket, passesDescriptors) = try await authenticated(at: address, deadline: deadline)
        var bounds = BusBounds.systemBus
        bounds.passesDescriptors = passesDescriptors
        let connection = Connection(socket: socket, within: bounds)
        try await connection.join(deadline: deadline)
        return connection
      } catch let error as BusError {
        reason = error
      }
    }
    throw reason
  }

  /// Returns a non-blocking socket that is authenticated, and whether the bus passes file descriptors.
  private static func authenticated(
    at address: BusAddress, deadline: Deadline
  ) async throws -> (socket: Int32, passesDescriptors: Bool) {
    let socket = try await connected(to: address, deadline: deadline)
    do {
      return (socket, try await authenticate(on: socket, deadline: deadline))
    } catch {
      Glibc.close(socket)
      throw error
    }
  }

  /// Connects on another thread, because connect(2) waits behind other clients, as at the start of the machine.
  private static func connected(to address: BusAddress, deadline: Deadline) async throws -> Int32 {
    let attempt = MainLoop.task {
      try await MainLoop.blocking(deadline: .never) { try connect(to: address) }
    }
    do {
      return try await attempt.value(by: deadline)
    } catch {
      MainLoop.task { if let late = try? await attempt.value { Glibc.close(late) } }
      throw error
    }
  }

  /// Returns a non-blocking socket to a bus.
  nonisolated static func connect(to address: BusAddress) throws -> Int32 {
    var target = sockaddr_un()
    target.sun_family = sa_family_t(AF_UNIX)
    let bytes = address.name.utf8
    let name = bytes.first == UInt8(ascii: "@") ? [0] + bytes.dropFirst() : bytes + [0]
    guard name.count <= MemoryLayout.size(ofValue: target.sun_path) else {
      throw BusError.local("too long for a socket's name: \(address.name)")
    }
    withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: name) }
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let size = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    let isConnected = withUnsafePointer(to: &target) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(socket, $0, size) == 0 }
    }
    guard isConnected, fcntl(socket, F_SETFL, O_NONBLOCK) == 0 else {
      let reason = String(cString: strerror(errno))
      Glibc.close(socket)
      throw BusError.local("can't connect to \(address.name): \(reason)")
    }
    return socket
  }

  /// Authenticates on a socket.
  ///
  /// - Returns: whether the bus passes file descriptors.
  private static func authenticate(on socket: Int32, deadline: Deadline) async throws -> Bool {
    let greeting = Handshake.greetingForDescriptors
    guard Glibc.send(socket, greeting, greeting.count, Int32(MSG_NOSIGNAL)) == greeting.count else {
      throw BusError.closed
    }
    var handshake = Handshake(forDescriptors: true)
    while true {
      try await MainLoop.untilReadable(socket, deadline: deadline)
      var buffer = [UInt8](repeating: 0, count: Handshake.maximumAnswer)
      let count = recv(socket, &buffer, buffer.count, 0)
      if count < 0, errno == EAGAIN || errno == EINTR { continue }
      guard count > 0 else { throw BusError.closed }
      switch handshake.receive(buffer.prefix(count)) {
      case .incomplete: continue
      case .accepted: return handshake.passesDescriptors
      case .refused(let answer): throw BusError.local("the bus refused authentication: \(answer)")
      }
    }
  }
}
