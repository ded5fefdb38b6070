import Foundation
import Testing

@testable import GBus

struct KeyFileTests {
  /// Reads a file with this content.
  private static func read(_ content: String) throws -> KeyFile? {
    let file = FileManager.default.temporaryDirectory.appending(path: "key-file-\(UUID().uuidString)")
    try Data(content.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try KeyFile(path: file.path)
  }

  private static func entry(_ group: String, _ key: String, _ value: String) -> KeyFile.Content {
    .entry(group: group, key: key, value: value)
  }

  @Test(
    arguments: [
      ("", [:]), ("# nothing\n\n", [:]), ("[A]\n", [1: .group("A")]), (" [A] ", [1: .group("A")]),
      ("[A]\nb=1\n c = 2 3 # 4", [1: .group("A"), 2: entry("A", "b", "1"), 3: entry("A", "c", "2 3 # 4")]),
      (
        "[A]\n\n#\nb=\n[B]\nb=ü\\n",
        [1: .group("A"), 4: entry("A", "b", ""), 5: .group("B"), 6: entry("B", "b", "ü\\n")]
      ),
      ("[A]\nb=1\nb=2\n", [1: .group("A"), 2: entry("A", "b", "1"), 3: entry("A", "b", "2")]),
      ("[A]\r\nb=1\r\n", [1: .group("A"), 2: entry("A", "b", "1")]),
    ] as [(String, [Int: KeyFile.Content])])
  func isReadLineByLine(_ content: String, _ expected: [Int: KeyFile.Content]) throws {
    let lines = try #require(try Self.read(content)).lines
    #expect(Dictionary(uniqueKeysWithValues: lines.map { ($0.number, $0.content) }) == expected)
    #expect(lines.map(\.number) == lines.map(\.number).sorted())
  }

  @Test(arguments: [("[A]\nb is 1\nc=2\n", 2, "b is 1"), ("b=1\n[A]\nc=2\n", 1, "group"), ("[A\n[A]\nc=2\n", 1, "[A")])
  func wrongLineIsNamedAndSpoilsNoOther(_ content: String, _ number: Int, _ words: String) throws {
    let lines = KeyFile(content).lines
    let mistakes = lines.compactMap { line in
      if case .mistake(let text) = line.content { (line.number, text) } else { nil }
    }
    #expect(mistakes.map(\.0) == [number])
    #expect(mistakes.allSatisfy { $0.1.contains(words) })
    #expect(lines.last?.content == Self.entry("A", "c", "2"))
  }

  @Test func linesBelowAWrongHeaderAreOfNoGroup() {
    let contents = KeyFile("[A]\n[B\nc=2\n[C]\nc=3\n").lines.map(\.content)
    #expect(contents.count == 5)
    #expect(contents.filter { if case .mistake = $0 { true } else { false } }.count == 2)
    #expect(contents.last == Self.entry("C", "c", "3"))
  }

  /// In Swift the bracket and the mark are one character, but GLib sees a bracket.
  @Test func aHeaderMayBeginWithAMark() {
    #expect(KeyFile("[A]\n[\u{301}B]\nc=2\n").lines.last?.content == Self.entry("\u{301}B", "c", "2"))
  }

  @Test func missingFileIsNone() throws {
    #expect(try KeyFile(path: "/nonexistent/msgd.conf") == nil)
  }

  @Test func folderIsNoKeyFile() throws {
    #expect(throws: KeyFileError.self) { try KeyFile(path: "/") }
  }
}
