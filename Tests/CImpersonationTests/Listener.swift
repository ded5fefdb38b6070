import Foundation
import TestSupport

/// A socket where everybody may connect, with place for one who was not accepted yet.
final class Listener {
  /// Where it listens: a path, or an abstract name after an `@`.
  let path: String
  private let socket: Int32
  private let folder: URL

  init(abstract: Bool = false) throws {
    folder = URL(filePath: "/tmp/msg-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    path = (abstract ? "@" : "") + folder.path + "/bus"
    socket = try UnixSocket.listen(at: path)
    guard abstract || chmod(path, 0o666) == 0 else { throw POSIXError(.EPERM) }
  }

  deinit {
    close(socket)
    try? FileManager.default.removeItem(at: folder)
  }

  /// Leaves the socket's file, and nobody behind it.
  func stop() { shutdown(socket, Int32(SHUT_RDWR)) }

  /// Who connected first, as the kernel knows them.
  func acceptedPeer() throws -> (uid: uid_t, gid: gid_t) {
    let accepted = accept(socket, nil, nil)
    defer { close(accepted) }
    // `struct ucred`, which Glibc's module leaves out.
    var peer = (pid: pid_t(), uid: uid_t(), gid: gid_t())
    var size = socklen_t(MemoryLayout.size(ofValue: peer))
    guard getsockopt(accepted, SOL_SOCKET, Int32(SO_PEERCRED), &peer, &size) == 0 else { throw POSIXError(.EIO) }
    return (peer.uid, peer.gid)
  }
}
