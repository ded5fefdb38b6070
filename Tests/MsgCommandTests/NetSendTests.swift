import MessengerClient
import MessengerContract
import MsgCommand
import enum MsgCommand.ExitStatus
import Testing

@Suite struct NetSendTests {
  private static let lists = "# hosts\nOffice = pc1 root@pc2 # two\n\nhome = localhost\n"
  private static let unknown = MessengerError(.noSuchRecipient, "nobody")

  private func run(
    _ words: String..., local: FakeService = FakeService(.success([.bob(.shown)])), lists: String? = lists,
    remote: [String: FakeService] = [:]
  ) -> Run {
    let files = lists.map { ["/etc/msgd/domains.conf": Array($0.utf8)] } ?? [:]
    return Run(
      words.map { Array($0.utf8) },
      in: Run.World(program: .netSend, files: files, service: local, remote: remote))
  }

  @Test(arguments: [["bob", "Lunch", "at", "/one"], ["bob", "Lunch at /one"], ["--", "bob", "Lunch", "at", "/one"]])
  func sendsToAName(_ words: [String]) {
    let run = Run(words.map { Array($0.utf8) }, in: Run.World(program: .netSend))
    #expect(run.status == .success)
    #expect(run.output == "The message was successfully sent to bob.\n")
    #expect(run.errors.isEmpty)
    #expect(run.call?.recipients == ["bob"] && run.call?.body == "Lunch at /one")
    #expect(run.call?.options == SendOptions(timeout: 0))
  }

  @Test func tellsOfAnUnknownName() {
    let run = run("eve", "hi", local: FakeService(.failure(Self.unknown)))
    #expect(run.status == .noSuchRecipient)
    #expect(run.output.isEmpty)
    #expect(
      run.errors == """
        An error occurred while sending a message to eve.
        The message alias could not be found on the network.
        More help is available by typing NET HELPMSG 2273.

        """)
  }

  @Test func tellsWhoWasNotReached() {
    let failed = FakeService(.success([.alice(.shown), .bob(.failed, error: MessengerError(.failed, "no answer"))]))
    let run = run("/users", "hi", local: failed)
    #expect(run.status == .notReached)
    #expect(run.call?.recipients == ["*"])
    #expect(
      run.errors == """
        An error occurred while sending a message to everyone on this machine.
        bob (session 2, :2): failed: no answer

        """)
  }

  @Test(arguments: [["*"], ["/DOMAIN"], ["/domain:office"], ["/Domain:OFFICE"]])
  func sendsToAList(_ target: [String]) {
    let remote = ["pc1": FakeService(.success([.bob(.shown)])), "root@pc2": FakeService(.success([.alice(.shown)]))]
    let files = ["/etc/msgd/domains.conf": Array(Self.lists.utf8)]
    let run = Run(
      (target + ["hi"]).map { Array($0.utf8) }, in: Run.World(program: .netSend, files: files, remote: remote))
    #expect(run.status == .success)
    #expect(
      run.output.split(separator: "\n").sorted() == [
        "The message was successfully sent to pc1.", "The message was successfully sent to root@pc2.",
      ])
    #expect(remote.values.allSatisfy { $0.calls.map(\.recipients) == [["*"]] })
    #expect(run.service.calls.isEmpty)
  }

  @Test func localhostIsThisMachine() {
    let run = run("/DOMAIN:home", "hi")
    #expect(run.output == "The message was successfully sent to localhost.\n")
    #expect(run.call?.recipients == ["*"])
  }

  @Test(arguments: [(MessengerErrorCode.noSuchRecipient, "PC2"), (.notAuthorized, "root@pc2")])
  func aHostsNameIsEveryoneThere(_ code: MessengerErrorCode, _ name: String) {
    let remote = ["root@pc2": FakeService(.success([.alice(.shown)]))]
    let run = run(name, "hi", local: FakeService(.failure(MessengerError(code, "no"))), remote: remote)
    #expect(run.status == .success)
    #expect(run.output == "The message was successfully sent to root@pc2.\n")
    #expect(run.errors.isEmpty)
    #expect(remote["root@pc2"]?.calls.first?.recipients == ["*"])
  }

  @Test(
    arguments: [
      (nil, "there is no /etc/msgd/domains.conf: write lists of hosts there"),
      ("# nothing\n", "/etc/msgd/domains.conf has no list 'office'"),
      ("home = pc1", "/etc/msgd/domains.conf has no list 'office'"),
      ("office pc1", "/etc/msgd/domains.conf, line 1: a list is written"),
      ("\noffice = ", "/etc/msgd/domains.conf, line 2: the list 'office' has no host"),
      ("office = -oX", "/etc/msgd/domains.conf, line 1: "),
    ] as [(String?, String)])
  func saysWhatIsWrongWithTheLists(_ lists: String?, _ reason: String) {
    let run = run("/DOMAIN:office", "hi", lists: lists)
    #expect(run.status == .usage)
    #expect(run.errors.hasPrefix("net-send: \(reason)"))
    #expect(run.service.calls.isEmpty)
  }

  @Test(
    arguments: [
      ([], "no recipient"), (["bob"], "the message is missing"), (["/USERS"], "the message is missing"),
      (["/FOO", "hi"], "/FOO"), (["/DOMAIN:", "hi"], "/DOMAIN:"), (["", "hi"], "empty"),
    ] as [([String], String)])
  func refuses(_ words: [String], _ culprit: String) {
    let run = Run(words.map { Array($0.utf8) }, in: Run.World(program: .netSend))
    #expect(run.status == .usage)
    #expect(run.errors.hasPrefix("Invalid parameter(s)\nnet-send: ") && run.errors.contains(culprit))
    let usage = "\nUsage:\n  net-send {name | '*' | /DOMAIN[:name] | /USERS} message\n"
    #expect(run.errors.contains(usage) == words.isEmpty && run.errors.hasSuffix("\nSee: net-send --help\n"))
    #expect(run.service.calls.isEmpty)
  }

  @Test func refusesAnExpandedStar() {
    let run = Run("a", "b", "hi", in: Run.World(program: .netSend, listing: ["a", "b"]))
    #expect(run.status == .usage)
    #expect(run.errors.contains("To reach everyone, write /USERS, or '*' for all hosts;"))
  }
}
