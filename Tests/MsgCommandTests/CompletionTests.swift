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

  /// A world with two files of fleets, a file of machines and lists of hosts.
  private var surroundings: Surroundings {
    let fleet = "Broker=b\nSender=ann\n"
    let files = [
      "/own": "[lab]\n\(fleet)Machines=lab1,lab2 $(id)\n",
      "/etc/msgd/fleets.conf": "[office]\n\(fleet)Machines=@machines\n[shop]\n\(fleet)[broken]\nMachines=x\n",
      "/etc/msgd/machines": "pc7 # front desk\npc8\n",
      "/etc/msgd/domains.conf": "Home = pc1\nlab = pc2\n",
    ]
    var surroundings = Surroundings(
      program: .msg, arguments: [], isInputTerminal: false, readInput: { _ in [] },
      readFile: { path, _ in Array((files[path] ?? "").utf8) }, fileExists: { files[$0] != nil },
      write: { _ in 0 }, writeError: { _ in }, listing: { _ in [] }, hostName: { "here" }, ownSession: { nil },
      now: { .now }, onInterrupt: { _ in }, service: { _, _ in FakeService() })
    surroundings.fleetFiles = ["/own", "/etc/msgd/fleets.conf"]
    surroundings.isForbidden = { _ in false }
    return surroundings
  }

  @Test(arguments: [
    ("office/", ["office/pc7", "office/pc8"]), ("pc3,lab/l", ["pc3,lab/lab1", "pc3,lab/lab2"]), ("shop/", []),
    ("broken/", []), ("nowhere/", []), ("ssh://", []), ("--server=lab/", ["lab/lab1", "lab/lab2"]),
  ])
  func offersTheMachinesOfAFleet(_ prefix: String, _ offered: [String]) {
    #expect(Completion.hosts(prefix, in: surroundings) == offered)
  }

  @Test func offersFleetsAmongHosts() {
    let hosts = Completion.hosts("", in: surroundings)
    #expect(hosts.prefix(4) == ["broken", "lab", "office", "shop"] && hosts.contains("pc1"))
    #expect(Completion.hosts("pc1,", in: surroundings).prefix(2) == ["pc1,broken", "pc1,lab"])
  }

  @Test func offersListsAndFleetsAsDomains() {
    let names = Completion.names("/domain:", in: surroundings) { ["bob"] }
    #expect(names == ["/domain:Home", "/domain:broken", "/domain:lab", "/domain:office", "/domain:shop"])
    let others = Completion.names("", in: surroundings) { ["bob"] }
    #expect(others == ["bob", "pc1", "pc2", "/DOMAIN", "/USERS"])
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
