import MessengerClient
import MessengerContract
import Testing

@testable import MsgCommand

/// The program `msg-wall`.
@Suite struct WallTests {
  private func run(
    _ words: String..., input: String = "", files: [String: [UInt8]] = [:], groups: [UInt32: String] = [:]
  ) -> Run {
    Run(
      words.map { Array($0.utf8) },
      in: Run.World(program: .wall, input: Array(input.utf8), files: files, groups: groups))
  }

  private func sent(_ run: Run, to recipient: String = "*", _ body: String) -> Bool {
    run.status == .success
      && run.service.calls == [.init(recipients: [recipient], body: body, options: SendOptions(terminals: .too))]
  }

  @Test func sendsToEveryoneOnDesktopsAndTerminals() {
    #expect(sent(run("Reboot", "at  18:00"), "Reboot at  18:00"))
    #expect(sent(run("-t", "5", "--", "-5 degrees"), "-5 degrees"))
    #expect(sent(run(input: "two\nlines\n"), "two\nlines"))
  }

  @Test func sendsToAGroup() {
    #expect(sent(run("-g", "staff", "hi"), to: "group:staff", "hi"))
    #expect(sent(run("--group=50", "hi", groups: [50: "staff"]), to: "group:staff", "hi"))
    let unknown = run("--group=51", "hi", groups: [50: "staff"])
    #expect(unknown.status == .usage && unknown.service.calls.isEmpty)
    #expect(unknown.errors == "msg-wall: there is no group 51\n")
  }

  @Test func readsTheFileThatASingleWordNames() {
    let files = ["motd": Array("from\na file\n".utf8)]
    #expect(sent(run("motd", files: files), "from\na file"))
    #expect(sent(run("motd", "x", files: files), "motd x"))
    let binary = run("motd", files: ["motd": [0xFF]])
    #expect(binary.status == .usage && binary.service.calls.isEmpty && binary.errors.contains("motd"))
  }

  @Test func saysThatTheBannerStays() {
    let run = run("-n", "hi")
    #expect(sent(run, "hi"))
    #expect(run.errors == "msg-wall: --nobanner has no effect: recipients always learn who sends\n")
  }

  @Test(arguments: [["-t", "0", "hi"], ["-t", "soon", "hi"], ["-x", "hi"], [], ["-g"]])
  func refuses(_ words: [String]) {
    let run = Run(words.map { Array($0.utf8) }, in: Run.World(program: .wall))
    #expect(run.status == .usage && run.service.calls.isEmpty)
  }

  @Test(arguments: ["-V", "--version"]) func tellsItsVersion(_ word: String) {
    #expect(run(word).output == "msg-wall \(Messenger.version)\n")
  }
}
