import CDBus
import Glibc
import Platform

/// A socket that libdbus connects to by address, and whose other end becomes a child's input and output.
///
/// libdbus takes no ready descriptor. Its own `unixexec:` transport keeps no process id, so that it leaves a zombie
/// behind and can't tell why the child ended.
struct BridgeSocket: ~Copyable {
  let listener: Int32

  /// The address that libdbus connects to. The kernel chooses an abstract name, which exists only in memory.
  let address: String

  init() throws(SystemError) {
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0 else { throw SystemError("socket") }
    do throws(SystemError) {
      address = "unix:abstract=\(try Self.listen(listener))"
    } catch {
      close(listener)
      throw error
    }
  }

  deinit {
    close(listener)
  }

  /// The child's end, once libdbus has connected. The name is no secret, so other connections are refused.
  func accept() throws(SystemError) -> Int32 {
    while true {
      let socket = accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
      guard socket >= 0 else {
        guard errno == EINTR || errno == ECONNABORTED else { throw SystemError("accept4") }
        continue
      }
      // unix(7)'s struct ucred, another name that Swift doesn't know.
      var peer: (pid: pid_t, uid: uid_t, gid: gid_t) = (0, 0, 0)
      var size = socklen_t(MemoryLayout.size(ofValue: peer))
      if getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0, peer.pid == getpid() { return socket }
      close(socket)
    }
  }

  /// Binds to a name of the kernel's choice (unix(7), Autobind feature: a null character and five hexadecimal digits).
  private static func listen(_ listener: Int32) throws(SystemError) -> String {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var size = socklen_t(MemoryLayout<sa_family_t>.size)
    let bound = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard bind(listener, address, size) == 0 else { return false }
        size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return getsockname(listener, address, &size) == 0
      }
    }
    guard bound, Glibc.listen(listener, SOMAXCONN) == 0 else { throw SystemError("bind") }
    let name = withUnsafeBytes(of: address.sun_path) { Array($0.prefix(Int(size) - MemoryLayout<sa_family_t>.size)) }
    return String(decoding: name.dropFirst(), as: UTF8.self)
  }
}
