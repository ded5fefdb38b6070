internal import Glibc

/// A bridge to the system bus for a client that uses this process's input and output, like systemd-stdio-bridge(1). The
/// client can call one object and nothing else (``MessageFilter``).
public enum FilteringBridge {
  /// Passes messages between the client and the bus until one of them hangs up.
  ///
  /// It has no deadline, because a client may wait for an answer for a long time. It blocks the thread.
  ///
  /// - Parameters:
  ///   - object: the object whose methods may be called.
  ///   - address: the system bus's address; nil for that in `DBUS_SYSTEM_BUS_ADDRESS`, or the usual one.
  ///   - input: the descriptor from which the client's messages are read.
  ///   - output: the descriptor to which messages for the client are written.
  /// - Throws: ``BusError`` if the bus can't be joined, or the client does something that it may not do.
  public static func run(
    to object: Remote, at address: String? = nil, input: Int32, output: Int32
  ) throws {
    let (bus, id) = try join(address ?? Connection.systemAddress)
    defer { close(bus) }
    var gate = MessageFilter(to: object, id: id)
    while true {
      var events = [input, bus].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&events, 2, -1) > 0 else { continue }
      if events[1].revents != 0 {
        guard let bytes = receive(bus), send(bytes, to: output) else { return }
      }
      if events[0].revents != 0 {
        guard let bytes = receive(input) else { return }
        do throws(MessageFilter.Violation) {
          let outcome = try gate.take(bytes)
          guard send(outcome.answer, to: output), send(outcome.passed, to: bus) else { return }
        } catch {
          throw BusError.local("the client \(error.act)")
        }
      }
    }
  }

  /// Returns a blocking socket that is authenticated, and the bus's id.
  private static func join(_ address: String) throws -> (socket: Int32, id: String) {
    var reason = BusError.local("no address of a Unix socket: \(address)")
    for address in BusAddress.list(address) {
      do {
        let socket = try Connection.connect(to: address)
        guard fcntl(socket, F_SETFL, 0) == 0, send(Handshake.greeting, to: socket) else { throw BusError.closed }
        return (socket, try authenticate(on: socket))
      } catch let error as BusError {
        reason = error
      }
    }
    throw reason
  }

  private static func authenticate(on socket: Int32) throws -> String {
    var handshake = Handshake()
    while let bytes = receive(socket, atMost: Handshake.maximumAnswer) {
      switch handshake.receive(bytes) {
      case .incomplete: continue
      case .accepted(let id): return id ?? String(repeating: "0", count: 32)
      case .refused(let answer): throw BusError.local("the bus refused authentication: \(answer)")
      }
    }
    throw BusError.closed
  }

  /// Reads the next bytes; returns nil at the end.
  private static func receive(_ descriptor: Int32, atMost limit: Int = 1 << 16) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: limit)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count > 0 { return Array(buffer[..<count]) }
      guard count < 0, errno == EINTR else { return nil }
    }
  }

  /// Writes all bytes; returns whether that was possible.
  private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
