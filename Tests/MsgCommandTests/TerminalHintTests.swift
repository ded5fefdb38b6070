import MessengerClient
import MessengerContract
import Testing

@testable import MsgCommand

/// What is said if the only recipient has a terminal and no desktop.
@Suite struct TerminalHintTests {
  private static let error = MessengerError(
    .noSession, "dave is logged in, but not on a desktop: session pts/7 is a terminal")
  private static let line = "msg: dave is logged in, but not on a desktop: session pts/7 is a terminal\n"
  private static let hint = "msg: --terminals writes the message on dave's terminal: msg --terminals dave …\n"

  private static func session(_ change: (inout Session) -> Void = { _ in }) -> Session {
    var session = Session(id: "7", uid: 1004, userName: "dave", name: "pts/7", state: "active")
    session.type = "tty"
    session.tty = "pts/7"
    session.sessionClass = "user"
    change(&session)
    return session
  }

  private func run(_ words: String..., sessions: [Session] = [session()], error: MessengerError = error) -> Run {
    let service = FakeService(.failure(error), sessions: .success(sessions))
    return Run(words.map { Array($0.utf8) }, in: Run.World(service: service))
  }

  @Test func namesTheOption() {
    let run = run("dave", "hi")
    #expect(run.status == .notReached && run.errors == Self.line + Self.hint)
    #expect(self.run("dave", "--terminals=no", "hi").errors == Self.line + Self.hint)
    #expect(self.run("user:dave", "hi").errors.hasSuffix("msg --terminals user:dave …\n"))
    #expect(self.run("pts/7", "hi").errors.hasSuffix("msg --terminals pts/7 …\n"))
  }

  @Test func namesTheHost() {
    let service = FakeService(.failure(Self.error), sessions: .success([Self.session()]))
    let world = Run.World(remote: ["pc1": service, "pc2": FakeService(.success([.bob(.shown)]))])
    #expect(Run("dave", "/SERVER:pc1,pc2", "hi", in: world).errors.contains("msg: pc1: --terminals writes"))
  }

  @Test(arguments: [
    ["*", "hi"], ["dave", "--terminals", "hi"], ["dave", "--quiet", "hi"], ["dave", "--json", "hi"],
    ["dave", "--ask", "hi"], ["dave,bob", "hi"], ["da*", "hi"],
  ])
  func saysNothingWhereItIsNoHelp(_ words: [String]) {
    let service = FakeService(.failure(Self.error), sessions: .success([Self.session()]))
    #expect(!Run(words.map { Array($0.utf8) }, in: Run.World(service: service)).errors.contains("--terminals"))
  }

  @Test func saysNothingOfOtherSessions() {
    let others = [
      Self.session { $0.userName = "bob" }, Self.session { $0.type = "web" }, Self.session { $0.state = "closing" },
      Self.session { $0.uid = 0 }, Self.session { $0.sessionClass = "greeter" }, Self.session { $0.tty = "" },
    ]
    #expect(run("dave", "hi", sessions: others).errors == Self.line)
    #expect(run("dave", "hi", error: MessengerError(.notAuthorized, "no")).errors == "msg: no\n")
  }

  @Test func netSendHasNoSuchOption() {
    let service = FakeService(.failure(Self.error), sessions: .success([Self.session()]))
    let run = Run("dave", "hi", in: Run.World(program: .netSend, service: service))
    #expect(!run.errors.contains("--terminals"))
  }
}
