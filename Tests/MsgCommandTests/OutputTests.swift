import Glibc
import MessengerClient
import MessengerContract
import Testing

@testable import MsgCommand

/// Standard output that can't be written.
@Suite struct OutputTests {
  private func run(_ words: String..., program: Program = .msg, error: Int32 = ENOSPC) -> Run {
    Run(words.map { Array($0.utf8) }, in: Run.World(program: program, outputError: error))
  }

  @Test(
    arguments: [
      (["--help"], .msg), (["--version"], .msg), (["--generate-completion-script", "bash"], .msg), (["/?"], .msg),
      (["--sessions"], .msg), (["--sessions", "--json"], .msg), (["--mute-status"], .msg), (["--help"], .netSend),
      (["--help"], .wall),
      ([], .querySession), (["--json"], .querySession),
    ] as [([String], Program)])
  func isAnError(_ words: [String], _ program: Program) {
    let session = FakeService(sessions: .success([.init(id: "2", uid: 1, userName: "a", name: "b", state: "active")]))
    let run = Run(
      words.map { Array($0.utf8) }, in: Run.World(program: program, service: session, outputError: ENOSPC))
    #expect(run.status == .cantWrite)
    #expect(run.errors == "\(program.rawValue): can't write to standard output: No space left on device\n")
  }

  @Test(arguments: [["--json"], ["--verbose"], ["--print-id"]])
  func saysThatTheMessageWasSent(_ options: [String]) {
    let run = Run((options + ["bob", "hi"]).map { Array($0.utf8) }, in: Run.World(outputError: EBADF))
    #expect(run.status == .cantWrite && run.service.calls.count == 1)
    #expect(
      run.errors.hasSuffix(
        "msg: can't write to standard output: Bad file descriptor; the message was sent\n"), "\(run.errors)")
  }

  /// Another error is more informative than the status for this one, which still has a line.
  @Test func anotherErrorKeepsItsStatus() {
    let service = FakeService(.failure(MessengerError(.noSuchRecipient, "bob does not exist or is disconnected")))
    let run = Run(
      ["--json", "bob", "hi"].map { Array($0.utf8) }, in: Run.World(service: service, outputError: ENOSPC))
    #expect(run.status == .noSuchRecipient)
    #expect(run.errors.hasSuffix("can't write to standard output: No space left on device\n"), "\(run.errors)")
  }

  /// An output with a gap would mislead.
  @Test func afterAnErrorNothingIsWritten() {
    var written: [String] = []
    let output = StandardOutput { text in
      written.append(text)
      return text == "second" ? EAGAIN : 0
    }
    for text in ["first", "second", "third"] { output.put(text) }
    #expect(written == ["first", "second"])
  }

  @Test func nothingIsSaidWhereNobodyReads() {
    let run = run("--help", error: EPIPE)
    #expect(run.status == .cantWrite && run.errors.isEmpty)
  }

  @Test func whatIsNotPrintedIsNoError() {
    #expect(run("bob", "hi").status == .success)
    #expect(run("--nonsense").status == .usage)
  }
}
