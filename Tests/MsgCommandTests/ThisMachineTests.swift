import MessengerClient
import Testing

@testable import MsgCommand

/// Hosts that are this machine.
@Suite struct ThisMachineTests {
  @Test(arguments: ["localhost", "LocalHost", "localhost.", "127.0.0.1", "::1", "pc7", "PC7", "pc7.example.org"])
  func isMeant(_ name: String) {
    #expect(ThisMachine.isOne(name, own: "pc7") { "pc7.Example.org" })
  }

  @Test(arguments: ["pc8", "pc7.example.com", "pc70", "127.0.0.2", "pc", "localhosts"])
  func isAnother(_ name: String) {
    #expect(!ThisMachine.isOne(name, own: "pc7") { "pc7.example.org" })
    #expect(!ThisMachine.isOne(name, own: "") { nil })
  }

  @Test func aNameWithItsDomain() {
    func isOne(_ name: String) -> Bool { ThisMachine.isOne(name, own: "pc7.example.org") { nil } }
    #expect(isOne("pc7") && isOne("pc7.example.org") && !isOne("pc7.example.com"))
  }

  /// The domain is not looked up if it decides nothing, because the look-up may take a long time.
  @Test func theDomainIsAskedForOnlyWhereItDecides() {
    for name in ["localhost", "pc7", "pc8.example.org", "::1"] {
      _ = ThisMachine.isOne(name, own: "pc7") {
        Issue.record("asked for \(name)")
        return nil
      }
    }
  }

  @Test(arguments: ["root@localhost", "ssh://localhost:2222"])
  func anotherLoginOrPort(_ host: String) throws {
    #expect(!ThisMachine.isMeant(by: try RemoteHost(host)))
  }

  @Test func itIsAskedWithoutSSH() throws {
    #expect(ThisMachine.isMeant(by: try RemoteHost("ssh://[::1]")))
    let run = Run(["/SERVER:localhost,127.0.0.1", "bob", "hi"].map { Array($0.utf8) }, in: Run.World())
    #expect(run.status == .success && run.service.calls.count == 1, "\(run.errors)")
  }
}
