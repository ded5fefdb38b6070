import MessengerContract
import MessengerClient
import Testing

@testable import MsgCommand

/// `msg --doctor` with given findings.
@Suite struct DoctorTests {
  private static let fine = Finding(check: "logind", state: .ok, text: "knows 2 sessions")
  private static let noted = Finding(
    check: "mute", state: .note, text: "you take no messages", reasons: ["msg --mute was called"],
    fixes: ["msg --unmute"])
  private static let broken = Finding(
    check: "polkit", state: .wrong, text: "it can't be asked", reasons: ["it is masked", "without it\u{1B}"],
    fixes: ["look", "unmask it"])
  private static let open = Finding(check: "service", state: .unknown, text: "not checked")

  private func run(_ words: String..., found: @escaping @Sendable (String?) -> [Finding]) -> Run {
    var world = Run.World()
    world.found = found
    return Run(words.map { Array($0.utf8) }, in: world)
  }

  @Test func tellsALineForEachCheck() {
    let run = run("--doctor") { _ in [Self.fine, Self.broken, Self.open, Self.noted] }
    #expect(
      run.output == """
        ok       logind: knows 2 sessions
        wrong    polkit: it can't be asked
                 because: it is masked
                 because: without it\u{FFFD}
                 fix: look
                 fix: unmask it
        unknown  service: not checked
        note     mute: you take no messages
                 because: msg --mute was called
                 fix: msg --unmute

        """)
    #expect(run.errors.isEmpty && run.service.calls.isEmpty)
    #expect(run.status == .notReached)
  }

  @Test func whatIsNotWrongIsWell() {
    #expect(run("--doctor") { _ in [Self.fine, Self.noted, Self.open] }.status == .success)
  }

  @Test func tellsPrograms() {
    let run = run("--doctor", "--json") { _ in [Self.fine, Self.broken] }
    #expect(
      run.output == #"""
        {"host": "here", "check": "logind", "state": "ok", "text": "knows 2 sessions", "reason": null, "fix": null}
        {"host": "here", "check": "polkit", "state": "wrong", "text": "it can't be asked", \#
        "reason": "it is masked\nwithout it\u001b", "fix": "look\nunmask it"}

        """#)
    #expect(run.status == .notReached)
  }

  @Test func asksEachHost() {
    let found: @Sendable (String?) -> [Finding] = { $0 == "pc2" ? [Self.open] : [Self.fine] }
    #expect(
      run("--doctor", "/SERVER:pc1,pc2", found: found).output == """
        pc1:
        ok       logind: knows 2 sessions
        pc2:
        unknown  service: not checked

        """)
    #expect(run("/SERVER:pc2", "--doctor", found: found).output == "unknown  service: not checked\n")
    #expect(run("--doctor", "--json", "/SERVER:pc1", found: found).output.hasPrefix(#"{"host": "pc1", "#))
  }

  @Test func nothingStandsBesideIt() {
    for other in [["bob"], ["bob", "hi"], ["--all"], ["--sessions"], ["--withdraw=1"], ["--mute"], ["--unmute"]] {
      let run = Run((["--doctor"] + other).map { Array($0.utf8) })
      #expect(run.status == .usage && run.output.isEmpty && run.service.calls.isEmpty && run.service.mutings.isEmpty)
      #expect(run.errors.contains("--doctor") && run.errors.contains(other[0].prefix { $0 != "=" }))
    }
  }
}
