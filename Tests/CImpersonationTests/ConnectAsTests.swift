import CImpersonation
import Foundation
import Testing

/// What a thread is before and after it was somebody else: `nobody` where root runs the tests, otherwise itself.
@Suite(.timeLimit(.minutes(1))) struct ConnectAsTests {
  private let uid = geteuid() == 0 ? uid_t(65534) : geteuid()
  private let gid = geteuid() == 0 ? gid_t(65534) : getegid()

  @Test func peerSeesTheOtherUser() throws {
    let listener = try Listener()
    let socket = try connect(to: listener.path)
    defer { close(socket) }
    #expect(socket >= 0)
    let peer = try listener.acceptedPeer()
    #expect(peer.uid == uid && peer.gid == gid)
  }

  @Test func socketNeitherBlocksNorIsInherited() throws {
    let listener = try Listener()
    let socket = try connect(to: listener.path)
    defer { close(socket) }
    #expect(fcntl(socket, F_GETFL) & O_NONBLOCK != 0 && fcntl(socket, F_GETFD) & FD_CLOEXEC != 0)
  }

  @Test func missingSocketIsTold() throws {
    #expect(try connect(to: "/nonexistent/bus") == -ENOENT)
  }

  @Test func desertedSocketIsTold() throws {
    let listener = try Listener()
    listener.stop()
    #expect(try connect(to: listener.path) == -ECONNREFUSED)
  }

  @Test func fullQueueIsTold() throws {
    let listener = try Listener()
    let first = try connect(to: listener.path)
    defer { close(first) }
    #expect(try connect(to: listener.path) == -EAGAIN)
  }

  @Test func tooLongPathIsTold() throws {
    #expect(try connect(to: "/" + String(repeating: "x", count: 107)) == -ENAMETOOLONG)
  }

  /// Connects, and expects that the thread is as it was: there is no suspension between, so it is the same one.
  private func connect(to path: String) throws -> Int32 {
    let before = try Self.credentials()
    let result = msg_connect_as(uid, gid, path)
    #expect(try Self.credentials() == before)
    return result
  }

  /// The thread's ids (real, effective, saved, file system), supplementary groups and capabilities.
  private static func credentials() throws -> [Substring] {
    let names = ["Uid:", "Gid:", "Groups:", "CapInh:", "CapPrm:", "CapEff:", "CapAmb:"]
    return try String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
      .split(separator: "\n").filter { line in names.contains { line.hasPrefix($0) } }
  }
}
