import GBus
import Foundation
import TestSupport

@testable import MessengerService

/// A socket in the place of a session bus, in a folder of the test's own.
final class FakeBus: Sendable {
  /// The user of this bus, who runs the test.
  let user: User
  /// The path of its socket.
  let path: String
  private let socket: Int32
  private let folder: URL

  /// Begins to listen, with room for one connection that isn't accepted yet.
  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    user = User(uid: getuid(), gid: getgid(), name: "me", runtimePath: folder.path)
    path = folder.path + "/bus"
    socket = try UnixSocket.listen(at: path)
  }

  deinit {
    close(socket)
    try? FileManager.default.removeItem(at: folder)
  }

  /// Stops listening, but leaves the socket's file.
  func stopListening() { shutdown(socket, Int32(SHUT_RDWR)) }

  /// Accepts one connection on a thread of its own, reads the whole greeting, lets `body` answer, and hangs up.
  func serve(_ body: @escaping @Sendable (Int32) -> Void) {
    accept { peer in
      var greeting = [UInt8](repeating: 0, count: Handshake.greeting.count)
      guard recv(peer, &greeting, greeting.count, Int32(MSG_WAITALL)) == greeting.count else { return }
      body(peer)
    }
  }

  /// Accepts one connection on a thread of its own. When it ends, reports whether nothing came on it.
  func untilTheEnd(_ told: @escaping @Sendable (Bool) -> Void) {
    accept { peer in
      var byte: UInt8 = 0
      told(recv(peer, &byte, 1, 0) == 0)
    }
  }

  private func accept(_ body: @escaping @Sendable (Int32) -> Void) {
    Thread.detachNewThread { [self] in
      let peer = Glibc.accept(socket, nil, nil)
      defer { close(peer) }
      body(peer)
    }
  }

  /// Sends bytes to a client, if it is still there.
  ///
  /// - Returns: whether all bytes were accepted.
  @discardableResult
  static func write(_ text: String, to peer: Int32) -> Bool {
    send(peer, text, text.utf8.count, Int32(MSG_NOSIGNAL)) == text.utf8.count
  }
}

extension ConnectHelper {
  /// A helper that does everything as the user who runs the tests.
  static var fake: ConnectHelper { ConnectHelper(at: FakeHelper.shared.path) }
}
