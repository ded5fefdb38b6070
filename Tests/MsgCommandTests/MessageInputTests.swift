import Foundation
import Testing

@testable import MsgCommand

@Suite struct MessageInputTests {
  @Test(arguments: [
    ("hello", "hello"), ("hello\n", "hello"), ("one\ntwo\n\n", "one\ntwo\n"), ("one\r\ntwo\r\n", "one\r\ntwo"),
    ("/W \\-5", "/W \\-5"), ("Grüße 👋\n", "Grüße 👋"),
  ])
  func keepsTheTextButForOneLineBreak(_ input: String, _ body: String) {
    let run = Run("bob", input: input)
    #expect(run.status == .success)
    #expect(run.call?.body == body)
    #expect(run.errors.isEmpty && run.output.isEmpty)
  }

  @Test func asksOnATerminal() {
    let run = Run("bob", input: "hi\n", terminal: true)
    #expect(run.call?.body == "hi")
    #expect(
      run.errors == "Enter message to send; end message by pressing CTRL-D on a new line. CTRL-C sends nothing.\n")
    #expect(run.output.isEmpty)
  }

  @Test func asksNothingWhereTheMessageIsThere() {
    #expect(Run("bob", "hi", input: "other", terminal: true).errors.isEmpty)
  }

  @Test(arguments: [["bob", ""], ["bob", " "], ["bob"]])
  func refusesAnEmptyMessage(_ words: [String]) {
    let run = Run(words.map { Array($0.utf8) }, input: Array("\n".utf8))
    #expect(run.status == .usage)
    #expect(run.service.calls.isEmpty)
    #expect(run.errors == "msg: the message is empty\n")
  }

  @Test(
    arguments: [
      ([0xFF], 1), ([0x61, 0xC3], 2), ([0xC3, 0xA9, 0xED, 0xA0, 0x80], 3), ([0x61, 0xC0, 0x80], 2),
    ] as [([UInt8], Int)])
  func refusesWhatIsNotUTF8(_ bytes: [UInt8], _ position: Int) {
    let piped = Run([Array("bob".utf8)], input: bytes)
    #expect(piped.status == .usage)
    #expect(piped.errors == "msg: standard input is not valid UTF-8 at byte \(position)\n")
    let typed = Run([Array("bob".utf8), bytes])
    #expect(typed.status == .usage)
    #expect(typed.errors == "msg: argument 2 is not valid UTF-8 at byte \(position)\n")
    #expect(piped.service.calls.isEmpty && typed.service.calls.isEmpty)
  }

  @Test func refusesMoreThanItCanHold() {
    let most = String(repeating: "x", count: MessageInput.limit)
    #expect(Run("bob", input: most).call?.body.utf8.count == MessageInput.limit)
    let run = Run("bob", input: most + "x")
    #expect(run.status == .usage)
    #expect(run.service.calls.isEmpty)
    #expect(run.errors.contains("standard input is longer than"))
  }

  @Test func readsAPipeToItsEndOrTheLimit() throws {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data(repeating: 7, count: 40_000))
    try pipe.fileHandleForWriting.close()
    let descriptor = pipe.fileHandleForReading.fileDescriptor
    #expect(try Surroundings.readToEnd(descriptor, limit: 20_000, name: "a pipe").count > 20_000)
    #expect(try Surroundings.readToEnd(descriptor, limit: 20_000, name: "a pipe").count < 20_000)
    #expect(try Surroundings.readToEnd(descriptor, limit: 20_000, name: "a pipe").isEmpty)
  }

  @Test func saysWhyStandardInputCannotBeRead() throws {
    let folder = try #require(FileHandle(forReadingAtPath: "/"))
    #expect(throws: InputError.content("can't read standard input: Is a directory")) {
      try Surroundings.readToEnd(folder.fileDescriptor, limit: 10, name: "standard input")
    }
  }

  @Test func listsAFolderWithoutHiddenNames() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["b", ".hidden", "a ü"] { try Data().write(to: folder.appending(path: name)) }
    #expect(Set(Surroundings.visibleEntries(of: folder.path)) == ["a ü", "b"])
    #expect(Surroundings.visibleEntries(of: folder.path + "/none").isEmpty)
  }
}
