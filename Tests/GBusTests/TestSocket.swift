import Foundation
import GBus
import TestSupport

/// Raw sockets for connections that tests control directly.
enum TestSocket {
  /// A connection, and the socket of a peer that does nothing unless the test makes it.
  @MainLoop
  static func joinMute(deadline: Deadline) async throws -> (
    joining: Task<Connection, any Error>, peer: FileHandle
  ) {
    let (socket, peer) = try pair()
    let joining = Task { @MainLoop in
      let connection = Connection(socket: socket, admitting: .some)
      try await connection.join(deadline: deadline)
      return connection
    }
    return (joining, peer)
  }

  /// A socket for a connection, and the socket of its peer.
  static func pair() throws -> (socket: Int32, peer: FileHandle) {
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else { throw POSIXError(.EMFILE) }
    return (ends[0], FileHandle(fileDescriptor: ends[1], closeOnDealloc: true))
  }

  /// The events for which `epoll(7)` watches a socket in this process (proc(5), `fdinfo`).
  static func watchedEvents(of socket: Int32) throws -> [UInt32] {
    let folder = "/proc/self/fdinfo"
    return try FileManager.default.contentsOfDirectory(atPath: folder).flatMap { name in
      let text = (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
      return text.matches(of: /tfd: +(\d+) events: +([0-9a-f]+)/).filter { Int32($0.1) == socket }
        .compactMap { UInt32($0.2, radix: 16) }
    }
  }

  /// Connects to a bus and authenticates, as far as `BEGIN`.
  ///
  /// - Parameters:
  ///   - path: the path of the bus's socket.
  ///   - passing: whether to ask for file descriptors, to which the bus must agree.
  /// - Returns: the socket.
  /// - Throws: `POSIXError`.
  static func authenticated(at path: String, passing: Bool = false) throws -> Int32 {
    let socket = try UnixSocket.connect(to: path)
    let negotiation = passing ? "NEGOTIATE_UNIX_FD\r\n" : ""
    let greeting = [UInt8]("\0AUTH EXTERNAL\r\nDATA\r\n\(negotiation)BEGIN\r\n".utf8)
    guard write(socket, greeting, greeting.count) == greeting.count else { throw POSIXError(.EPIPE) }
    var answer = ""
    var byte: UInt8 = 0
    while !(answer.contains(passing ? "AGREE_UNIX_FD" : "OK ") && answer.hasSuffix("\r\n")) {
      guard read(socket, &byte, 1) == 1 else { throw POSIXError(.EPIPE) }
      answer.unicodeScalars.append(Unicode.Scalar(byte))
    }
    return socket
  }
}
