import Foundation
import Testing

@testable import MessengerClient

/// polkit's text agent, with a shell script in its place. The real one needs a terminal and polkit, and is in the
/// system tests.
@Suite(.timeLimit(.minutes(1))) struct TextAgentTests {
  /// Everything that it does before it reports has happened when the call goes out.
  @Test func agentIsReadyWhenItHasReported() throws {
    let script = try Script(#"echo yes >"$dir/ready"; exec 3>&-; exec cat "$dir/pipe""#)
    let agent = try #require(TextAgent(command: script.command))
    #expect(script.lines("ready") == ["yes"])
    #expect(script.arguments == ["--notify-fd", "3", "--fallback"])
    #expect(!script.isGone)
    agent.end()
    #expect(script.isGone)
  }

  @Test func agentEndsWithTheObject() throws {
    let script = try Script(#"exec 3>&-; exec cat "$dir/pipe""#)
    _ = TextAgent(command: script.command)
    #expect(script.isGone)
  }

  /// It prints nothing beside the command's output, and has no socket of another thread's.
  @Test func agentHasNothingOfOurs() throws {
    let leak = open("/dev/null", O_RDONLY)
    defer { close(leak) }
    let script = try Script(
      #"(exec ls /proc/$$/fd >"$dir/open"); readlink /proc/$$/fd/[012] | tee "$dir/files"; exit 0"#)
    _ = TextAgent(command: script.command)
    #expect(script.lines("open") == ["0", "1", "2", "3"])
    #expect(script.lines("files") == ["/dev/null", "/dev/null", "/dev/null"])
  }

  @Test func agentThatGivesUpIsNotWaitedFor() throws {
    let script = try Script("exit 1")
    let agent = TextAgent(command: script.command)
    agent?.end()
    #expect(script.isGone)
  }

  @Test func missingAgentIsNone() {
    #expect(TextAgent(command: ["/nonexistent/pkttyagent"]) == nil)
  }

  /// Tests run without a terminal, or as root, or both.
  @Test(.enabled(if: geteuid() == 0 || isatty(STDIN_FILENO) == 0)) func nobodyToAskNeedsNone() {
    #expect(TextAgent() == nil)
  }
}
