import Testing

@testable import FleetConfiguration

@Suite struct FleetsFileTests {
  private func settings(_ lines: String, of name: String = "office") throws -> FleetSettings? {
    try FleetsFile(path: "/etc/msgd/fleets.conf", text: lines).settings(of: name, home: "/home/alice")
  }

  @Test func aGroupIsRead() throws {
    let office = try #require(
      try settings(
        """
        # The office
        [shop]
        Nonsense
        [office]
        Broker = broker.example.org:1883
        Authorities=ca.crt
        Certificate=/etc/ssl/helpdesk.crt
        Key=~/helpdesk.key
        Sender=helpdesk
        ; SigningKey=no
        SigningKey=~/.ssh/id_ed25519
        Machines=pc1, pc2 pc3
        """))
    #expect(office.name == "office" && office.host == "broker.example.org" && office.port == 1883)
    #expect(office.authorities == "/etc/msgd/ca.crt" && office.certificate == "/etc/ssl/helpdesk.crt")
    #expect(office.key == "/home/alice/helpdesk.key" && office.sender == "helpdesk")
    #expect(office.signingKey == "/home/alice/.ssh/id_ed25519" && office.machines == .names(["pc1", "pc2", "pc3"]))
    #expect(office.place == "/etc/msgd/fleets.conf, line 4")
  }

  @Test func theRestHasDefaults() throws {
    let office = try #require(try settings("[office]\nBroker=b\nUserName=alice\nMachines=@machines"))
    #expect(office.port == 8883 && office.sender == "alice" && office.signingKey == nil)
    #expect(office.authorities == FleetSettings.systemAuthorities && office.machines == .file("/etc/msgd/machines"))
  }

  @Test func withoutTLS() throws {
    #expect(try settings("[office]\nBroker=b\nSender=a\nAuthorities=none")?.authorities == nil)
  }

  @Test(arguments: [("[::1]", "::1", 8883), ("::1", "::1", 8883), ("[::1]:1", "::1", 1), ("a:65535", "a", 65535)])
  func aBrokerIs(_ text: String, _ host: String, _ port: UInt16) throws {
    let office = try settings("[office]\nBroker=\(text)\nSender=a")
    #expect(office?.host == host && office?.port == port)
  }

  @Test(arguments: [
    ("[office]", "line 1: [office] Broker= is missing"),
    ("\n[office]\nBroker=b", "line 2: [office] Sender= is missing"),
    ("[office]\nBroker=b:x\nSender=a", "line 2: [office] Broker= is HOST"),
    ("[office]\nBroker=b:0\nSender=a", "line 2: [office] Broker= is HOST"),
    ("[office]\nBroker=b\nBroker=c", "line 3: Broker= is there twice"),
    ("[office]\nBroker=b\nSender=", "line 3: Sender= has no value"),
    ("[office]\nbroker=b", "line 2: unknown key 'broker'; there are Broker,"),
    ("[office]\nwords", "line 2: neither"),
    ("[office]\nBroker=b\nSender=a\nKey=k", "line 1: [office] Certificate= and Key="),
    ("[office]\nBroker=b\nSender=a\nPasswordFile=k", "line 1: [office] PasswordFile= needs"),
    ("[office]\nBroker=b\nSender=a\nAuthorities=none\nKey=k\nCertificate=c", "line 1: [office] Certificate= needs TLS"),
    ("[office]\nBroker=b\nSender=a\n[office]", "line 4: [office] is there twice"),
  ])
  func aMistakeIsNamed(_ text: String, _ expected: String) throws {
    let error = #expect(throws: FleetsFileError.self) { try settings(text) }
    #expect(error?.description.hasPrefix("/etc/msgd/fleets.conf, \(expected)") == true, "\(String(describing: error))")
  }

  @Test func namesNeedNoOrder() {
    let file = FleetsFile(path: "f", text: "words\n[a]\nx\n # [b]\n[ c ]\n[]\n[d\n")
    #expect(file.names == ["a", "c"])
  }

  @Test func theUsersFile() {
    #expect(FleetsFile.userPath { $0 == "HOME" ? "/h" : nil } == "/h/.config/msg/fleets.conf")
    #expect(FleetsFile.userPath { $0 == "HOME" ? "/h" : "/x" } == "/x/msg/fleets.conf")
    #expect(FleetsFile.userPath { _ in nil } == nil)
  }

  @Test func machinesInAFile() {
    #expect(FleetSettings.names(in: "a b\n# no\nc,d # e\n") == ["a", "b", "c", "d"])
  }
}
