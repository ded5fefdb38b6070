import Testing

@testable import MsgCommand

/// The completions that may be offered to a shell.
@Suite struct CompletionTests {
  @Test(arguments: [
    "alice", ":0", "tty2", "seat0", "*", "/SERVER:", "@lists/staff.txt", "root@pc-1.example", "用户", "::1",
  ])
  func offers(_ text: String) { #expect(Completion.isHarmless(text)) }

  @Test(arguments: [
    "$(id)", "`id`", "a b", "a;b", "a'b", "a\"b", "a\\b", "a\nb", "**", "\u{1B}[2J", "a&b", "<a", "a|b", "{a,b}",
  ])
  func keepsBack(_ text: String) { #expect(!Completion.isHarmless(text)) }

  @Test func offersEverySwitch() {
    #expect(
      Completion.message(["msg", "alice", "/"], 2, "/") == ["/SERVER:", "/TERMINALS", "/TIME:", "/V", "/W", "/?"])
  }

  @Test func readsKnownHosts() {
    let text = """
      pc1,192.0.2.1 ssh-ed25519 AAAA
      |1|hash|hash= ssh-ed25519 AAAA
      @cert-authority *.example ssh-ed25519 AAAA
      # comment
      [pc2]:2222 ssh-ed25519 AAAA
      pc3 ssh-rsa AAAA
      """
    #expect(KnownHosts.names(inKnownHosts: text) == ["pc1", "192.0.2.1", "pc3"])
  }

  @Test func readsConfiguredHosts() {
    let text = "Host pc1 pc2\n  HostName 192.0.2.1\nhost=pc3 !pc4 *.example\nHost *\n  User root\nMatch host pc5\n"
    #expect(KnownHosts.names(inConfiguration: text) == ["pc1", "pc2", "pc3"])
  }
}
