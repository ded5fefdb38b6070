import Foundation
import MessengerClient
import MessengerContract
import Testing

@testable import MsgCommand

/// `msg --sessions` and `query-session`.
@Suite struct SessionListTests {
  private static func session(
    _ id: String, _ user: String, _ name: String, _ state: String, _ change: (inout Session) -> Void = { _ in }
  ) -> Session {
    var session = Session(id: id, uid: 1000, userName: user, name: name, state: state)
    session.type = "x11"
    session.host = "there"
    change(&session)
    return session
  }

  private static let sessions = [
    session("2", "phoebe", "tty2", "active") {
      $0.seat = "seat0"
      $0.tty = "tty2"
      $0.created = "2026-11-21T06:15:21Z"
    },
    session("c17", "a-user-with-a-name-longer-than-its-column", ":10", "online") { $0.remoteHost = "pc9" },
  ]

  private func run(_ words: String..., program: Program = .querySession, own: String? = "2") -> Run {
    Run(
      words.map { Array($0.utf8) },
      in: Run.World(program: program, service: FakeService(sessions: .success(Self.sessions)), ownSession: own))
  }

  @Test func hasTheColumnsOfQuerySession() {
    let expected = """
       SESSIONNAME       USERNAME                                     ID  STATE   TYPE        DEVICE
      >tty2              phoebe                                        2  Active  x11         seat0
       :10               a-user-with-a-name-longer-than-its-column   c17  Online  x11         pc9

      """
    #expect(run().output == expected)
    #expect(run("--sessions", program: .msg).output == expected)
    #expect(run("/server:pc1").output == " SESSIONNAME       USERNAME                 ID  STATE   TYPE        DEVICE\n")
  }

  @Test func keepsItsColumnsWithWideCharacters() {
    let lines = SessionTable.lines(
      of: [
        Self.session("1", "山田太郎", "tty1", "active"), Self.session("2", "zoe\u{301}", "tty2", "online"),
        Self.session("session-1234567", "bob", "tty3", "closing-for-long"),
      ], own: nil)
    #expect(
      lines == [
        " SESSIONNAME       USERNAME                           ID  STATE            TYPE        DEVICE",
        " tty1              山田太郎                            1  Active           x11",
        " tty2              zoe\u{301}                                 2  Online           x11",
        " tty3              bob                   session-1234567  Closing-for-long x11",
      ])
  }

  @Test(arguments: [("phoebe", "2"), ("TTY2", "2"), ("seat0", "2"), ("c17", "c17"), (":10", "c17")])
  func filters(_ filter: String, _ id: String) {
    for run in [run(filter), run("--sessions", filter, program: .msg)] {
      #expect(run.status == .success)
      #expect(run.output.split(separator: "\n").count == 2 && run.output.contains(" \(id) "))
    }
  }

  @Test func saysThatThereIsNoSuchSession() {
    let run = run("nobody")
    #expect(run.status == .notReached)
    #expect(run.output.isEmpty)
    #expect(run.errors == "No session exists for nobody\n")
  }

  @Test func listsForPrograms() throws {
    let objects = try run("--json").output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects.map { $0["session"] as? String } == ["2", "c17"])
    #expect(objects.map { $0["own"] as? Bool } == [true, false])
    #expect(objects[0]["created"] as? String == "2026-11-21T06:15:21Z")
    #expect(objects.map { $0["host"] as? String } == ["here", "here"])
  }

  @Test func labelsHosts() {
    let remote = [
      "pc1": FakeService(sessions: .success(Self.sessions)),
      "pc2": FakeService(sessions: .failure(MessengerError(.failed, "gone"))),
    ]
    let run = Run("--sessions", "/SERVER:pc1,pc2", in: Run.World(remote: remote, ownSession: "2"))
    #expect(run.status == .notReached)
    #expect(run.output.hasPrefix("pc1:\n SESSIONNAME"))
    #expect(!run.output.contains(">"))
    #expect(run.errors == "msg: pc2: gone\n")
  }

  @Test(arguments: ["/mode", "/FLOW", "/connect", "/counter", "/VM", "/nonsense", "/server", "-x"])
  func refusesOtherSwitches(_ word: String) {
    let run = run(word)
    #expect(run.status == .usage)
    #expect(run.errors.hasPrefix("Invalid parameter(s)\nquery-session: "))
    #expect(run.errors.contains(word) && run.errors.hasSuffix("\nSee: query-session --help\n"))
  }

  @Test func takesOneFilter() {
    #expect(run("phoebe", "tty2").status == .usage)
  }

  @Test(arguments: [
    ("0::/user.slice/user-1000.slice/session-2.scope\n", "2"), ("0::/user.slice/x/session-c3.scope/y", "c3"),
  ])
  func findsItsOwnSession(_ groups: String, _ id: String) {
    #expect(Surroundings.session(inControlGroups: groups) == id)
    #expect(Surroundings.session(inControlGroups: "0::/system.slice/cron.service\n") == nil)
  }
}
