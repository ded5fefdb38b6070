import MessengerContract
import MsgCommand
import enum MsgCommand.ExitStatus
import Testing

/// When the service is asked again, with a dialogue for a password.
@Suite struct PasswordTests {
  private static let shown = FakeService(.success([.bob(.shown)]))

  private static func refusing(_ code: MessengerErrorCode = .notAuthorized, _ text: String = "no") -> FakeService {
    FakeService(.failure(MessengerError(code, text)))
  }

  private func run(
    _ words: String..., program: Program = .msg, first: FakeService, second: FakeService,
    lists: String? = nil, remote: [String: FakeService] = [:]
  ) -> Run {
    let files = lists.map { ["/etc/msgd/domains.conf": Array($0.utf8)] } ?? [:]
    return Run(
      words.map { Array($0.utf8) },
      in: Run.World(program: program, files: files, service: first, passwordService: second, remote: remote))
  }

  @Test func refusedMessageIsSentOnceMore() {
    let (first, second) = (Self.refusing(), FakeService(Self.shown))
    let run = run("bob", "--title", "T", "hi", first: first, second: second)
    #expect(run.status == .success && run.output.isEmpty && run.errors.isEmpty)
    #expect(second.calls.count == 1 && second.calls == first.calls)
  }

  @Test func refusedMessageIsWithdrawnOnceMore() {
    for code in [MessengerErrorCode.notAuthorized, .noSuchMessage] {
      let second = FakeService()
      #expect(run("--withdraw", "17", first: Self.refusing(code), second: second).status == .success)
      #expect(second.withdrawn == [17])
    }
  }

  /// The second answer counts.
  @Test func secondRefusalIsTold() {
    let run = run("bob", "hi", first: Self.refusing(), second: Self.refusing(.notAuthorized, "wrong password"))
    #expect(run.status == .notAuthorized)
    #expect(run.errors == "msg: wrong password\n")
  }

  @Test(arguments: MessengerErrorCode.allCases.filter { ![.notAuthorized, .noSuchMessage].contains($0) })
  func otherErrorsNeedNoPassword(_ code: MessengerErrorCode) {
    let second = FakeService(Self.shown)
    #expect(run("bob", "hi", first: Self.refusing(code), second: second).status != .success)
    #expect(second.calls.isEmpty)
  }

  @Test func whatIsAllowedIsNotAskedFor() {
    let second = FakeService(Self.shown)
    #expect(run("bob", "hi", first: FakeService(Self.shown), second: second).status == .success)
    #expect(second.calls.isEmpty)
  }

  @Test func nobodyIsAskedWhereThatIsNotWanted() {
    let second = FakeService(Self.shown)
    #expect(run("bob", "--no-ask-password", "hi", first: Self.refusing(), second: second).status == .notAuthorized)
    let withdrawal = run("--no-ask-password", "--withdraw", "17", first: Self.refusing(), second: second)
    #expect(withdrawal.status == .notAuthorized)
    #expect(second.calls.isEmpty && second.withdrawn.isEmpty)
  }

  @Test func otherMachinesAskNobodyHere() {
    let second = FakeService(Self.shown)
    let run = run(
      "bob", "/SERVER:pc1", "hi", first: FakeService(Self.shown), second: second, remote: ["pc1": Self.refusing()])
    #expect(run.status == .notAuthorized)
    #expect(second.calls.isEmpty)
  }

  /// A host's name is no reason to ask for a password; a user's name is.
  @Test(arguments: [("pc1", 0), ("bob", 1)]) func netSendAsksForUsersOnly(_ name: String, _ count: Int) {
    let second = FakeService(Self.shown)
    let run = run(
      name, "hi", program: .netSend, first: Self.refusing(), second: second, lists: "office = pc1\n",
      remote: ["pc1": FakeService(Self.shown)])
    #expect(run.status == .success)
    #expect(second.calls.count == count)
  }
}
