import Foundation
import MessengerClient
import MessengerContract
import MsgCommand
import enum MsgCommand.ExitStatus
import Testing

/// A command line from Microsoft's pages of `msg`, `net send` and `query session`, and its outcome here.
struct WindowsForm: Sendable, CustomTestStringConvertible {
  enum Outcome: Sendable {
    /// A message to these recipients on those machines.
    case sends(to: [String], says: String, SendOptions, on: [String?])
    /// Sessions are listed.
    case lists(String)
    /// The help is printed.
    case helps
    /// Nothing is sent, and the culprit is named.
    case refuses(String)
  }

  let line: String
  let outcome: Outcome

  var testDescription: String { line }

  static func sends(
    _ line: String, to recipients: String = "user1", says body: String = "hi", time: UInt32? = nil, wait: Bool = false,
    on hosts: [String?] = [nil]
  ) -> WindowsForm {
    let to = recipients.split(separator: ",").map(String.init)
    return WindowsForm(
      line: line, outcome: .sends(to: to, says: body, SendOptions(timeout: time, wait: wait), on: hosts))
  }

  static let all = [
    // msg
    sends("msg user1 Let's meet at 1PM today", says: "Let's meet at 1PM today"),
    sends("msg tty2 Let's meet at 1PM today", to: "tty2", says: "Let's meet at 1PM today"),
    sends("msg 42 hi", to: "42"),
    sends("msg @userlist Let's meet at 1PM today", to: "user1,tty2,42", says: "Let's meet at 1PM today"),
    sends("msg * Let's meet at 1PM today", to: "*", says: "Let's meet at 1PM today"),
    sends("msg al* hi", to: "al*"),
    sends("msg user1 /SERVER:server2 hi", on: ["server2"]),
    sends("msg * /time:10 hi", to: "*", time: 10),
    sends("msg user1 /TIME:0 hi", time: 0),
    sends("msg user1 /V hi"),
    sends("msg user1 /W hi", wait: true),
    sends("msg user1 -w -v -time:5 hi", time: 5, wait: true),
    sends("msg /TIME:5 /W user1 hi", time: 5, wait: true),
    sends("msg user1", says: "typed"),
    sends("msg user1 \\-5 degrees", says: "-5 degrees"),
    sends("msg user1 \\/etc is full", says: "/etc is full"),
    WindowsForm(line: "msg /?", outcome: .helps),
    WindowsForm(line: "msg", outcome: .refuses("no recipient")),
    WindowsForm(line: "msg user1 /X hi", outcome: .refuses("/X")),
    WindowsForm(line: "msg user1 /TIME:soon hi", outcome: .refuses("'soon'")),
    // net send
    sends("net send user1 Meeting changed to 3 P.M.", says: "Meeting changed to 3 P.M.", time: 0),
    sends("net send server2 hi", to: "*", time: 0, on: ["server2"]),
    sends("net send * hi", to: "*", time: 0, on: ["server2", "server3"]),
    sends("net send /DOMAIN hi", to: "*", time: 0, on: ["server2", "server3"]),
    sends("net send /DOMAIN:lab hi", to: "*", time: 0, on: ["server4"]),
    sends("net send /USERS This server will shut down", to: "*", says: "This server will shut down", time: 0),
    WindowsForm(line: "net send user1", outcome: .refuses("the message is missing")),
    WindowsForm(line: "net send /?", outcome: .helps),
    // query session
    WindowsForm(line: "query session", outcome: .lists("42")),
    WindowsForm(line: "query session user1", outcome: .lists("42")),
    WindowsForm(line: "query session tty2", outcome: .lists("42")),
    WindowsForm(line: "query session 42", outcome: .lists("42")),
    WindowsForm(line: "query session /SERVER:server2", outcome: .lists("77")),
    WindowsForm(line: "query session user1 /SERVER:server2", outcome: .lists("77")),
    WindowsForm(line: "query session /MODE", outcome: .refuses("/MODE")),
    WindowsForm(line: "query session /FLOW", outcome: .refuses("/FLOW")),
    WindowsForm(line: "query session /CONNECT", outcome: .refuses("/CONNECT")),
    WindowsForm(line: "query session /COUNTER", outcome: .refuses("/COUNTER")),
    WindowsForm(line: "query session /VM", outcome: .refuses("/VM")),
    WindowsForm(line: "query session /?", outcome: .helps),
  ]

  /// The program that is called, and its words.
  var command: (program: Program, words: [String]) {
    let words = line.split(separator: " ").map(String.init)
    switch words[0] {
    case "net": return (.netSend, Array(words.dropFirst(2)))
    case "query": return (.querySession, Array(words.dropFirst(2)))
    default: return (.msg, Array(words.dropFirst()))
    }
  }
}

@Suite struct CompatibilityTests {
  /// A service on a machine with one session.
  private static func service(_ answer: Result<[Delivery], any Error>, session id: String) -> FakeService {
    let session = Session(id: id, uid: 1000, userName: "user1", name: "tty2", state: "active")
    return FakeService(answer, sessions: .success([session]))
  }

  @Test(arguments: WindowsForm.all)
  func everyForm(_ form: WindowsForm) {
    let (program, words) = form.command
    let isWaiting = if case .sends(_, _, let options, _) = form.outcome { options.wait } else { false }
    let answer: Result<[Delivery], any Error> = .success([.bob(isWaiting ? .acknowledged : .shown)])
    let remote = ["server2", "server3", "server4"].map { ($0, Self.service(answer, session: "77")) }
    // Nobody here has a server's name.
    let isServer = words.first.map { $0.hasPrefix("server") } ?? false
    var world = Run.World(program: program, input: Array("typed\n".utf8))
    world.files = [
      "userlist": Array("user1 tty2\n42".utf8),
      "/etc/msgd/domains.conf": Array("office = server2 server3\nlab = server4".utf8),
    ]
    world.service = Self.service(isServer ? .failure(MessengerError(.noSuchRecipient, "")) : answer, session: "42")
    world.remote = Dictionary(uniqueKeysWithValues: remote)

    check(Run(words.map { Array($0.utf8) }, in: world), in: world, against: form.outcome, knowsNobody: isServer)
  }

  private func check(
    _ run: Run, in world: Run.World, against outcome: WindowsForm.Outcome, knowsNobody: Bool
  ) {
    let sent = ([nil: world.service] as [String?: FakeService]).merging(world.remote) { $1 }.mapValues(\.calls)
      .filter { !$0.value.isEmpty && !($0.key == nil && knowsNobody) }
    switch outcome {
    case .sends(let recipients, let body, let options, let hosts):
      #expect(run.status == .success, "\(run.errors)")
      #expect(Set(sent.keys) == Set(hosts))
      #expect(sent.values.allSatisfy { $0 == [FakeService.Call(recipients: recipients, body: body, options: options)] })
    case .lists(let id):
      #expect(run.status == .success && sent.isEmpty)
      #expect(run.output.contains(" \(id)  Active") && run.output.split(separator: "\n").count == 2)
    case .helps:
      #expect(run.status == .success && sent.isEmpty && run.output.contains("USAGE: ") && run.errors.isEmpty)
    case .refuses(let culprit):
      #expect(run.status == .usage && sent.isEmpty && run.output.isEmpty)
      #expect(run.errors.hasPrefix("Invalid parameter(s)\n") && run.errors.contains(culprit))
    }
  }

  /// docs/WINDOWS.md has the same table of them.
  @Test func thePageHasEveryForm() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let page = try String(contentsOf: folder.appending(path: "../../docs/WINDOWS.md"), encoding: .utf8)
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
    for form in WindowsForm.all { #expect(rows.contains { $0.contains("`\(form.line)`") }, "\(form.line)") }
  }
}
