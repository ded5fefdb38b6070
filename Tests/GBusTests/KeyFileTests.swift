import Foundation
import Testing

@testable import GBus

struct KeyFileTests {
  /// What a file with this content says.
  private static func read(_ content: String) throws -> KeyFile? {
    let file = FileManager.default.temporaryDirectory.appending(path: "key-file-\(UUID().uuidString)")
    try Data(content.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try KeyFile(path: file.path)
  }

  @Test(
    arguments: [
      ("", [:]), ("# nothing\n\n", [:]), ("[A]\n", ["A": [:]]),
      ("[A]\nb=1\n c = 2 3 # 4", ["A": ["b": "1", "c": "2 3 # 4"]]),
      ("[A]\nb=\n[B]\nb=ü\\n", ["A": ["b": ""], "B": ["b": "ü\\n"]]),
      ("[A]\nb=1\n[B]\n[A]\nb=2\n", ["A": ["b": "2"], "B": [:]]),
      ("[A]\r\nb=1\r\n", ["A": ["b": "1"]]),
    ] as [(String, [String: [String: String]])]) func isRead(_ content: String, _ groups: [String: [String: String]])
    throws
  {
    #expect(try Self.read(content) == KeyFile(groups: groups))
  }

  @Test(arguments: [("[A]\nb is 1\n", "b is 1"), ("b=1\n", "group"), ("[A\n", "[A")])
  func wrongLineIsNamed(_ content: String, _ words: String) throws {
    let error = try #require(throws: KeyFileError.self) { try Self.read(content) }
    #expect(error.message.contains(words) && "\(error)" == error.message)
  }

  @Test func missingFileIsNone() throws {
    #expect(try KeyFile(path: "/nonexistent/msgd.conf") == nil)
  }

  @Test func folderIsNoKeyFile() throws {
    #expect(throws: KeyFileError.self) { try KeyFile(path: "/") }
  }
}
