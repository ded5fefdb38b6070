import Testing

@testable import GBus

struct OptionReaderTests {
  private static let file = OptionReader.Option("file", value: "FILE", help: "Read this file.")
  private static let seconds = OptionReader.Option("seconds", value: "SECONDS", help: "Wait for so long.")
  private static let help = OptionReader.Option("help", letter: "h", help: "Show help information.")
  private static let reader = OptionReader(
    summary: "Waits.", description: "Then it leaves.", options: [file, seconds, help])

  private static func read(_ words: String...) throws -> ParsedOptions { try reader.read(["waiter"] + words) }

  @Test(
    arguments: [
      ([], nil, nil, false), (["--file=a b"], "a b", nil, false), (["--file", "ü"], "ü", nil, false),
      (["--file="], "", nil, false), (["--file", "--help"], "--help", nil, false),
      (["--file=a", "--file=b"], "b", nil, false),
      (["--help", "--seconds", "7"], nil, "7", true), (["-h"], nil, nil, true), (["--help", "--"], nil, nil, true),
    ] as [([String], String?, String?, Bool)])
  func findsWhatIsThere(_ words: [String], _ file: String?, _ seconds: String?, _ hasHelp: Bool) throws {
    let options = try Self.reader.read(["waiter"] + words)
    #expect(options[Self.file] == file)
    #expect(options[Self.seconds] == seconds)
    #expect(options.has(Self.help) == hasHelp)
  }

  @Test(
    arguments: [
      (["--fast"], "--fast"), (["-x"], "-x"), (["--fil=a"], "--fil"),
      (["--file"], "--file"), (["--help", "now"], "now"), (["--", "--file=a"], "--file=a"), ([""], "argument"),
    ])
  func namesTheCulprit(_ words: [String], _ culprit: String) throws {
    let error = try #require(throws: OptionError.self) { try Self.reader.read(["waiter"] + words) }
    #expect(error.message.contains(culprit))
  }

  @Test(arguments: [("0", 0), ("010", 10), ("4294967295", UInt32.max)] as [(String, UInt32)])
  func readsNumbers(_ text: String, _ number: UInt32) throws {
    #expect(try Self.read("--seconds", text).number(Self.seconds) == number)
  }

  @Test func noNumberIsNone() throws {
    #expect(try Self.read("--file=1").number(Self.seconds) == nil)
  }

  @Test(arguments: ["-1", "4294967296", "99999999999999999999", "1s", "1.5", "0x10", " 1", ""])
  func refusesWhatIsNoNumber(_ text: String) throws {
    let options = try Self.read("--seconds", text)
    let error = try #require(throws: OptionError.self) { try options.number(Self.seconds) }
    #expect(error.message == "--seconds takes a number from 0 to 4294967295, not “\(text)”")
  }

  @Test func helpHasALineForEachOption() {
    let lines = Self.reader.help.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(lines.contains("--file=FILE Read this file."))
    #expect(lines.contains("--seconds=SECONDS Wait for so long."))
    #expect(lines.contains("-h, --help Show help information."))
    #expect(lines.contains("Waits."))
    #expect(lines.last == "Then it leaves.")
    #expect(lines.filter { $0.hasPrefix("-") }.count == 3)
  }
}
