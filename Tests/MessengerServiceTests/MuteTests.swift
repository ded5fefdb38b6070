import Foundation
import GBus
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

@Suite(.timeLimit(.minutes(1))) struct MuteTests {
  /// Calls `body` with a new folder, which goes with it.
  private static func withState(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "state-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
  }

  @Test func eachUserIsAFile() async throws {
    try await Self.withState { state in
      let folder = MuteFolder(path: state + "/muted")
      #expect(try folder.read() == [])
      for uid in [0, 1000, 1000, 4_294_967_294] as [UInt32] { try folder.add(uid) }
      #expect(try folder.read() == [0, 1000, 4_294_967_294])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["0", "1000", "4294967294"])
      for uid in [1000, 1000, 7] as [UInt32] { try folder.remove(uid) }
      #expect(try folder.read() == [0, 4_294_967_294])
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
      let uids = try folder.read()
      #expect(uids == [])
    }
  }

  @Test func folderThatIsNoneIsNamed() async throws {
    try await Self.withState { state in
      let folder = MuteFolder(path: state + "/muted")
      #expect(FileManager.default.createFile(atPath: folder.path, contents: nil))
      let reading = try #require(throws: MessengerError.self) { try folder.read() }
      #expect(reading == MessengerError(.failed, "msgd can't read \(folder.path): Not a directory"))
      let writing = MessengerError(.failed, "msgd can't write to \(folder.path): Not a directory")
      #expect(throws: writing) { try folder.add(1) }
      #expect(throws: writing) { try folder.remove(1) }
    }
    #expect(throws: MessengerError(.failed, "msgd can't write to /nonexistent/muted: No such file or directory")) {
      try MuteFolder(path: "/nonexistent/muted").add(1)
    }
  }

  @Test func listOutlastsItself() async throws {
    try await Self.withState { state in
      let folder = MuteFolder(path: state + "/muted")
      try await MainLoop.test {
        let list = MuteList(folder: folder, patience: .seconds(20))
        #expect(try await list.isMuted(1) == false)
        try await list.set(true, of: 1)
        try await list.set(true, of: 2)
        try await list.set(false, of: 2)
        #expect(try await list.isMuted(1))
        #expect([1, 2].map(list.contains) == [true, false])
        let other = MuteList(folder: folder, patience: .seconds(20))
        #expect(!other.contains(1))
        try await other.load()
        #expect([1, 2].map(other.contains) == [true, false])
      }
    }
  }

  @Test func changesCountInTheirOrder() async throws {
    try await Self.withState { state in
      try await MainLoop.test {
        let list = MuteList(folder: MuteFolder(path: state + "/muted"), patience: .seconds(20))
        let changes = (0..<21).map { index in MainLoop.task { try await list.set(index % 2 == 0, of: 1) } }
        for change in changes { try await change.value }
        #expect(list.contains(1))
        #expect(try MuteFolder(path: state + "/muted").read() == [1])
      }
    }
  }

  @Test func whatCannotBeKeptChangesNothing() async throws {
    try await Self.withState { state in
      try await MainLoop.test {
        let list = MuteList(folder: MuteFolder(path: state + "/muted"), patience: .seconds(20))
        try await list.load()
        try FileManager.default.removeItem(atPath: state)
        await #expect(throws: MessengerError.self) { try await list.set(true, of: 1) }
        #expect(!list.contains(1))
      }
    }
  }

  @Test func unreadListIsReadWhenItCanBe() async throws {
    try await Self.withState { state in
      let path = state + "/muted"
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
      try await MainLoop.test {
        let list = MuteList(folder: MuteFolder(path: path), patience: .seconds(20))
        await #expect(throws: MessengerError.self) { try await list.load() }
        await #expect(throws: MessengerError.self) { try await list.isMuted(1) }
        #expect(!list.contains(1))
        try FileManager.default.removeItem(atPath: path)
        try MuteFolder(path: path).add(1)
        #expect(try await list.isMuted(1))
        #expect(list.contains(1))
      }
    }
  }
}
