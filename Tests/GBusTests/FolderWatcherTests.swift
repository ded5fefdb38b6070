import Foundation
import TestSupport
import Testing

@testable import GBus

/// A folder that appears later, and whose files come and go. Each change is made when the one before was reported.
@Suite(.timeLimit(.minutes(1))) struct FolderWatcherTests {
  @Test func everyChangeIsReported() async throws {
    let parent = NSTemporaryDirectory() + "msg-folder-\(UUID())"
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: parent) }
    try await MainLoop.test {
      let changes = Recorder<String>()
      let watcher = try FolderWatcher("\(parent)/folder") { changes.record("change") }
      defer { watcher.close() }
      let steps: [() -> Bool] = [
        { mkdir("\(parent)/folder", 0o755) == 0 },
        { FileManager.default.createFile(atPath: "\(parent)/folder/.new", contents: Data("1".utf8)) },
        { rename("\(parent)/folder/.new", "\(parent)/folder/file") == 0 },
        { unlink("\(parent)/folder/file") == 0 },
      ]
      for (index, step) in steps.enumerated() {
        #expect(step())
        await changes.wait(for: index + 1)
      }
    }
  }

  @Test func aFolderWithoutAParent() async {
    await MainLoop.test {
      _ = #expect(throws: BusError.local("can't watch /nowhere: No such file or directory")) {
        try FolderWatcher("/nowhere/folder") {}
      }
    }
  }
}
