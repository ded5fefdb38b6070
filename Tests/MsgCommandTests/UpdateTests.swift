import MessengerContract
import Testing

@testable import MsgCommand

/// `--update` and `--again`.
@Suite struct UpdateTests {
  @Test(
    arguments: [
      (["--update", "17", "Reboot", "in 9 minutes"], "Reboot in 9 minutes", SendOptions()),
      (["--update", "17", "--", "-5 degrees"], "-5 degrees", SendOptions()),
      (["--update", "17", "\\-5 degrees"], "-5 degrees", SendOptions()),
      (["--update", "17", "/TIME:5", "now"], "now", SendOptions(timeout: 5)),
      (["--update", "17", "--progress", "42"], "", SendOptions(progress: 42)),
      (["--update", "17", "--title", "t", "--icon", "i"], "", SendOptions(title: "t", icon: "i")),
      (["--update", "17", "--again", "now"], "now", SendOptions(again: true)),
      (["--update", "17"], "from the input", SendOptions()),
    ] as [([String], String, SendOptions)])
  func changesAMessage(_ words: [String], _ body: String, _ options: SendOptions) {
    let service = FakeService(.success([.bob(.shown)]))
    let run = Run(
      words.map { Array($0.utf8) }, in: Run.World(input: Array("from the input\n".utf8), service: service))
    #expect(service.updates == [FakeService.Update(id: 17, body: body, options: options)])
    #expect(run.status == .success && run.output.isEmpty && run.errors.isEmpty && service.calls.isEmpty)
  }

  @Test func tellsWhoseMessageChanged() {
    let run = Run("--update", "17", "/V", "now", service: FakeService(.success([.bob(.shown), .alice(.dismissed)])))
    #expect(run.output == "Message to bob (session :2) updated\n")
  }

  @Test func tellsThatNobodyReadsIt() {
    let run = Run("--update", "17", "now", service: FakeService(.success([.bob(.acknowledged)])))
    #expect(run.status == .notReached && run.errors.contains("message 17"))
  }

  @Test func anUnknownMessageIsAnError() {
    let error = MessengerError(.noSuchMessage, "there is no message 17")
    let run = Run("--update=17", "now", service: FakeService(.failure(error)))
    #expect(run.status == .notReached && run.errors == "msg: there is no message 17\n")
  }

  @Test(arguments: [(5000, .usage), (5, .notAuthorized)] as [(Int, MsgCommand.ExitStatus)])
  func tooLongATextIsWrongUsage(_ length: Int, _ status: MsgCommand.ExitStatus) {
    let error = MessengerError(.limitExceeded, "too much")
    let run = Run("--update=17", String(repeating: "x", count: length), service: FakeService(.failure(error)))
    #expect(run.status == status && run.errors == "msg: too much\n")
  }

  @Test(
    arguments: [
      Refused("--update", "17", "--wait", "now", says: "--update and --wait can't be combined"),
      Refused("--update", "17", "--reply", "y=Yes", "now", says: "--update and --reply can't be combined"),
      Refused("--update", "17", "--urgency", "low", "now", says: "--update and --urgency can't be combined"),
      Refused("--update", "17", "--withdraw", "17", says: "--withdraw and --update can't be combined"),
      Refused("--update", "17", "--all", "now", says: "--all"),
      Refused("alice", "--update", "17", "now", says: "takes no recipient, such as 'alice'"),
      Refused("--update", "latest", "now", says: "An id is the number that --print-id printed"),
      Refused("--update=", "now", says: "An id is the number that --print-id printed"),
      Refused("--sessions", "--window", says: "--sessions and --window can't be combined"),
      Refused("--mute-status", "--ask", says: "--mute-status and --ask can't be combined"),
      Refused("--doctor", "--title", "t", says: "--doctor and --title can't be combined"),
      Refused("--update", "17", "/SERVER:a,b", "now", says: "one host"),
      Refused("--again", "bob", "hi", says: "--again needs --update"),
      Refused("bob", "--progress", "101", "hi", says: "from 0 to 100"),
      Refused("bob", "--progress", "-1", "hi", says: "from 0 to 100"),
      Refused("bob", "--progress", "-", says: "write the message itself on the command line"),
      Refused("--withdraw", "17", "--progress", "3", says: "--withdraw and --progress can't be combined"),
    ]) func refuses(_ line: Refused)
  {
    let run = Run(line.words.map { Array($0.utf8) })
    #expect(run.status == .usage && run.errors.contains(line.culprit), "\(run.errors)")
    #expect(run.service.updates.isEmpty && run.service.calls.isEmpty)
  }
}
