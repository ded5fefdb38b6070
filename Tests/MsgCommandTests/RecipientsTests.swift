import MsgCommand
import Testing

/// Recipients from files and lists.
@Suite struct RecipientsTests {
  @Test(
    arguments: [
      ("alice\nbob\n", ["alice", "bob"]),
      ("alice bob\tcarol", ["alice", "bob", "carol"]),
      ("\u{FEFF}alice\r\nbob\r\n", ["alice", "bob"]),
      ("# the office\nalice # at the door\n\n   \n#bob\ncarol", ["alice", "carol"]),
      ("group:staff id:5 tty2 al* *", ["group:staff", "id:5", "tty2", "al*", "*"]),
      ("alice\nalice", ["alice"]),
      ("Zoë 用户", ["Zoë", "用户"]),
    ] as [(String, [String])])
  func readsAFile(_ content: String, _ recipients: [String]) {
    let run = Run("@list", "hi", in: Run.World(files: ["list": Array(content.utf8)]))
    #expect(run.status == .success)
    #expect(run.call?.recipients == recipients)
  }

  @Test func readsStandardInput() {
    let run = Run("@-", "hi", input: "alice\nbob\n")
    #expect(run.call?.recipients == ["alice", "bob"])
    #expect(run.call?.body == "hi")
  }

  @Test func takesFilesAmongNames() {
    let files = ["a": Array("alice".utf8), "b": Array("bob".utf8)]
    #expect(Run("eve,@a,@b", "hi", in: Run.World(files: files)).call?.recipients == ["eve", "alice", "bob"])
  }

  @Test(
    arguments: [
      ([], "list names no recipient"),
      (Array("# nobody\n".utf8), "list names no recipient"),
      ([0x61, 0xFF], "list is not valid UTF-8 at byte 2"),
      (Array("alice\0bob".utf8), "list has a null character at byte 6"),
      (Array("alice @more".utf8), "list names another file, @more"),
      (Array(repeating: 0x61, count: 1 << 17), "list is longer than 65536 bytes"),
    ] as [([UInt8], String)])
  func refusesAFile(_ content: [UInt8], _ reason: String) {
    let run = Run("@list", "hi", in: Run.World(files: ["list": content]))
    #expect(run.status == .usage)
    #expect(run.errors.hasPrefix("msg: \(reason)"))
    #expect(run.service.calls.isEmpty && run.output.isEmpty)
  }

  @Test func standardInputIsOneThing() {
    let run = Run("@-", input: "alice")
    #expect(run.status == .usage)
    #expect(run.errors.contains("can't be both recipients and message"))
    #expect(run.service.calls.isEmpty)
  }
}
