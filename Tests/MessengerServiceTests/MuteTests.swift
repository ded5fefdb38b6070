import Foundation
import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

@Suite(.timeLimit(.minutes(1))) struct MuteTests {
  /// Calls `body` with a new folder, which is removed afterwards.
  private static func withState(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "state-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
  }

  /// A user database in which all users exist.
  private static let name: @MainLoop (UInt32) async -> String? = { "user\($0)" }

  private static func user(_ uid: UInt32, named name: String? = nil) -> User {
    User(uid: uid, gid: uid, name: name ?? "user\(uid)", runtimePath: "/nonexistent")
  }

  @Test func eachUserIsAFile() async throws {
    try await Self.withState { state in
      let folder = MuteFolder(path: state + "/muted")
      #expect(try folder.read() == [:])
      for (uid, name) in [(0, "root"), (1000, "al"), (1000, "alice"), (4_294_967_294, "é")] as [(UInt32, String)] {
        try folder.add(uid, named: name)
      }
      #expect(try folder.read() == [0: "root", 1000: "alice", 4_294_967_294: "é"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["0", "1000", "4294967294"])
      for uid in [1000, 1000, 7] as [UInt32] { try folder.remove(uid) }
      #expect(try folder.read() == [0: "root", 4_294_967_294: "é"])
    }
  }

  @Test func nothingIsRemovedFromAFolderThatIsNotThere() async throws {
    try await Self.withState { state in try MuteFolder(path: state + "/muted").remove(1) }
  }

  @Test func otherFilesAreNobody() async throws {
    try await Self.withState { state in
      let folder = MuteFolder(path: state)
      for name in ["01", "-1", "+1", "4294967296", "alice", ".1", "1~"] {
        #expect(FileManager.default.createFile(atPath: "\(state)/\(name)", contents: nil))
      }
      let names = try folder.read()
      #expect(names == [:])
    }
  }

  @Test func folderThatIsNoneIsNamed() async throws {
    try await Self.withState { state in
      let folder = MuteFolder(path: state + "/muted")
      #expect(FileManager.default.createFile(atPath: folder.path, contents: nil))
      let reading = try #require(throws: MessengerError.self) { try folder.read() }
      #expect(reading == MessengerError(.failed, "msgd can't read \(folder.path): Not a directory"))
      let writing = MessengerError(.failed, "msgd can't write to \(folder.path): Not a directory")
      #expect(throws: writing) { try folder.add(1, named: "a") }
      #expect(throws: writing) { try folder.remove(1) }
    }
    #expect(throws: MessengerError(.failed, "msgd can't write to /nonexistent/muted: No such file or directory")) {
      try MuteFolder(path: "/nonexistent/muted").add(1, named: "a")
    }
  }

  @Test func listOutlastsItself() async throws {
    try await Self.withState { state in
      let folder = MuteFolder(path: state + "/muted")
      try await MainLoop.test {
        let list = MuteList(folder: folder, timeout: .seconds(20), name: Self.name)
        #expect(try await list.isMuted(1) == false)
        try await list.set(true, of: 1)
        try await list.set(true, of: 2)
        try await list.set(false, of: 2)
        #expect(try await list.isMuted(1))
        #expect([1, 2].map { list.contains(Self.user($0)) } == [true, false])
        let other = MuteList(folder: folder, timeout: .seconds(20), name: Self.name)
        #expect(!other.contains(Self.user(1)))
        try await other.load()
        #expect([1, 2].map { other.contains(Self.user($0)) } == [true, false])
      }
    }
  }

  @Test func changesCountInTheirOrder() async throws {
    try await Self.withState { state in
      try await MainLoop.test {
        let list = MuteList(folder: MuteFolder(path: state + "/muted"), timeout: .seconds(20), name: Self.name)
        let changes = (0..<21).map { index in MainLoop.task { try await list.set(index % 2 == 0, of: 1) } }
        for change in changes { try await change.value }
        #expect(list.contains(Self.user(1)))
        #expect(try MuteFolder(path: state + "/muted").read() == [1: "user1"])
      }
    }
  }

  @Test func whatCannotBeKeptChangesNothing() async throws {
    try await Self.withState { state in
      try await MainLoop.test {
        let list = MuteList(folder: MuteFolder(path: state + "/muted"), timeout: .seconds(20), name: Self.name)
        try await list.load()
        try FileManager.default.removeItem(atPath: state)
        await #expect(throws: MessengerError.self) { try await list.set(true, of: 1) }
        #expect(!list.contains(Self.user(1)))
      }
    }
  }

  @Test func unreadListIsReadWhenItCanBe() async throws {
    try await Self.withState { state in
      let path = state + "/muted"
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
      try await MainLoop.test {
        let list = MuteList(folder: MuteFolder(path: path), timeout: .seconds(20), name: Self.name)
        await #expect(throws: MessengerError.self) { try await list.load() }
        await #expect(throws: MessengerError.self) { try await list.isMuted(1) }
        #expect(!list.contains(Self.user(1)))
        try FileManager.default.removeItem(atPath: path)
        try MuteFolder(path: path).add(1, named: "user1")
        #expect(try await list.isMuted(1))
        #expect(list.contains(Self.user(1)))
      }
    }
  }

  @Test func whoHasTheUIDLaterIsSomebodyElse() async throws {
    try await Self.withState { state in
      try await MainLoop.test {
        let folder = MuteFolder(path: state + "/muted")
        for uid in [1, 2, 3] as [UInt32] { try folder.add(uid, named: "user\(uid)") }
        // The database gives no answer about 3 at present.
        let names: [UInt32: String] = [1: "newcomer", 2: "user2"]
        let list = MuteList(folder: folder, timeout: .seconds(20)) { names[$0] }
        try await list.load()
        #expect([1, 2, 3].map { list.contains(Self.user($0)) } == [true, true, true])
        #expect(!list.contains(Self.user(1, named: "newcomer")))
        #expect(try await list.isMuted(1) == false)
        await #expect(throws: MessengerError.self) { try await list.isMuted(3) }
        try await list.tidy()
        #expect(try folder.read() == [2: "user2", 3: "user3"])
        #expect(list.concerns(2) && list.contains(Self.user(3)))
      }
    }
  }

  /// Earlier versions of msgd wrote files without names.
  @Test func anEmptyFileIsOfWhoeverHasTheUIDWhenItIsRead() async throws {
    try await Self.withState { state in
      try await MainLoop.test {
        let folder = MuteFolder(path: state + "/muted")
        try folder.add(1, named: "")
        let list = MuteList(folder: folder, timeout: .seconds(20), name: Self.name)
        try await list.load()
        #expect(list.contains(Self.user(1)))
        try await list.tidy()
        #expect(try folder.read() == [1: "user1"])
        #expect(!list.contains(Self.user(1, named: "newcomer")))
      }
    }
  }

  @Test func whoHasNoNameCannotBeKept() async throws {
    try await Self.withState { state in
      try await MainLoop.test {
        let list = MuteList(folder: MuteFolder(path: state + "/muted"), timeout: .seconds(20)) { _ in nil }
        let reason = "the user database doesn't say who has uid 7, by whose name the choice is kept"
        await #expect(throws: MessengerError(.failed, reason)) { try await list.set(true, of: 7) }
        try await list.set(false, of: 7)
        #expect(try await list.isMuted(7) == false)
      }
    }
  }
}
