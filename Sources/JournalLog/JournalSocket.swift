internal import Glibc

/// A socket that sends entries to journald. It never waits. GLib's `g_log_writer_journald` would wait for a journald
/// that is stopped or busy, and msgd would stop with it.
final class JournalSocket: Sendable {
  private let socket: Int32
  private let path: String

  /// Makes a socket. Without journald, sending fails.
  init(path: String = "/run/systemd/journal/socket") {
    self.path = path
    socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  }

  deinit { close(socket) }

  /// Sends an entry.
  ///
  /// - Returns: whether journald has received it. It has not if it isn't there, or is too busy.
  func send(_ entry: JournalEntry) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    return withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(
          socket, entry.bytes, entry.bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL), $0,
          socklen_t(MemoryLayout<sockaddr_un>.size)) >= 0
      }
    }
  }
}
