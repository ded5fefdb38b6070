import Foundation
import Testing

@testable import MessengerClient

/// The relay of ssh's errors.
@Suite(.timeLimit(.minutes(1))) struct ErrorRelayTests {
  /// The text fills a pipe: when the child has written everything, nearly all of it has yet to be passed on.
  @Test func allIsPassedOnBeforeTheEnd() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "errors-\(UUID().uuidString)").path
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let terminal = try #require(FileHandle(forWritingAtPath: path))
    let relay = try ErrorRelay(to: terminal.fileDescriptor, endTimeout: -1)
    let lines = 5000
    let said = String(repeating: "ssh: no way\r\n", count: lines)
    try FileHandle(fileDescriptor: relay.input).write(contentsOf: Data(said.utf8))
    relay.finish()
    try terminal.write(contentsOf: Data("the end".utf8))
    let isWhole =
      try String(contentsOfFile: path, encoding: .utf8)
      == String(repeating: "ssh: no way\n", count: lines) + "the end"
    #expect(isWhole)
  }
}
