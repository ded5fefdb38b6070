import Foundation
import GBus
import TestSupport

/// Raw sockets for connections that are made by hand.
enum TestSocket {
  /// A connection of ours, and the socket of a peer that does nothing until the test lets it.
  @MainLoop
  static func joinMute(deadline: Deadline) async throws -> (
    joining: Task<BoundedConnection, any Error>, peer: FileHandle
  ) {
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else { throw POSIXError(.EMFILE) }
    let socket = ends[0]
    let joining = Task { @MainLoop in
      let connection = BoundedConnection(socket: socket, admitting: .some)
      try await connection.join(deadline: deadline)
      return connection
    }
    return (joining, FileHandle(fileDescriptor: ends[1], closeOnDealloc: true))
  }

  /// Connects to a bus and authenticates, as far as `BEGIN`.
  static func authenticated(at path: String) throws -> Int32 {
    let socket = try UnixSocket.connect(to: path)
    let greeting = [UInt8]("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n".utf8)
    guard write(socket, greeting, greeting.count) == greeting.count else { throw POSIXError(.EPIPE) }
    var answer = ""
    var byte: UInt8 = 0
    while !(answer.contains("OK ") && answer.hasSuffix("\r\n")) {
      guard read(socket, &byte, 1) == 1 else { throw POSIXError(.EPIPE) }
      answer.unicodeScalars.append(Unicode.Scalar(byte))
    }
    return socket
  }
}
