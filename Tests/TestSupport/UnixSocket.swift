internal import Foundation

/// Sockets that have a path.
package enum UnixSocket {
  /// Makes a stream socket that listens, with room for one connection that isn't accepted yet.
  package static func listen(at path: String) throws -> Int32 {
    try make(SOCK_STREAM, path) { bind($0, $1, $2) == 0 && Glibc.listen($0, 0) == 0 }
  }

  /// Makes a datagram socket that others may send to.
  package static func receive(at path: String) throws -> Int32 {
    try make(SOCK_DGRAM, path) { bind($0, $1, $2) == 0 }
  }

  /// Makes a socket for whole messages that listens.
  package static func listenForPackets(at path: String) throws -> Int32 {
    try make(SOCK_SEQPACKET, path) { bind($0, $1, $2) == 0 && Glibc.listen($0, SOMAXCONN) == 0 }
  }

  /// Makes a stream socket connected to the one at a path.
  package static func connect(to path: String, blocks: Bool = true) throws -> Int32 {
    let flags = blocks ? SOCK_STREAM.rawValue : SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue
    return try make(__socket_type(flags), path) { Glibc.connect($0, $1, $2) == 0 }
  }

  /// - Parameters:
  ///   - type: the socket's type.
  ///   - path: at most 107 bytes; `@` and a name for an abstract socket.
  ///   - attach: binds or connects the socket to the address, and sets `errno` if it can't.
  /// - Returns: the socket, which the caller must close.
  /// - Throws: `POSIXError`.
  private static func make(
    _ type: __socket_type, _ path: String, attach: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
  ) throws -> Int32 {
    let socket = Glibc.socket(AF_UNIX, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = path.hasPrefix("@") ? [0] + path.utf8.dropFirst() : path.utf8 + [0]
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let size = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    let isAttached = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { attach(socket, $0, size) }
    }
    guard isAttached else {
      let error = POSIXError(POSIXErrorCode(rawValue: errno) ?? .EINVAL)
      close(socket)
      throw error
    }
    return socket
  }
}
