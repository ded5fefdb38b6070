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

  @Test func abstractSocketIsFound() throws {
    let listener = try Listener(abstract: true)
    let socket = try connect(to: listener.path)
    defer { close(socket) }
    #expect(socket >= 0)
    #expect(msg_listener(socket) == Int64(geteuid()))
    // Zeros at its end would make it another name.
    #expect(try connect(to: String(listener.path.dropLast())) == -ECONNREFUSED)
  }

  @Test func fileIsOpenedAsTheOtherUser() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { unlink(file) }
    try Data("0123456789".utf8).write(to: URL(filePath: file))
    #expect(try read(file) == "0123456789" && read(file, 4) == "0123")
    guard geteuid() == 0 else { return }
    chmod(file, 0o600)
    #expect(try read(file) == "\(EACCES)")
    chown(file, uid, gid)
    #expect(try read(file) == "0123456789")
  }

  @Test func fileThatIsNoneIsTold() throws {
    #expect(try read("/nonexistent/file") == "\(ENOENT)" && read("/") == "\(EISDIR)")
    let link = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { unlink(link) }
    symlink("/proc/self/environ", link)
    #expect(try read(link) == "\(ELOOP)")
  }

  /// Reads, and expects the same; a failure is its number.
  private func read(_ path: String, _ size: Int = 64) throws -> String {
    let before = try Self.credentials()
    var buffer = [UInt8](repeating: 0, count: size)
    let count = msg_read_as(uid, gid, path, &buffer, size)
    #expect(try Self.credentials() == before)
    return count < 0 ? "\(-count)" : String(decoding: buffer.prefix(count), as: UTF8.self)
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
