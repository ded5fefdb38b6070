import FleetContract
import GBus
import MQTT
import Testing

@testable import RelayService

@Suite struct RelaySettingsTests {
  private func settings(_ lines: String...) -> (RelaySettings, [String]) {
    var settings = RelaySettings()
    let complaints = settings.take(KeyFile((["[Relay]"] + lines).joined(separator: "\n")))
    return (settings, complaints)
  }

  @Test func membershipIsRead() throws {
    let (settings, complaints) = settings("Machine=pc7", "Fleets=office; lab,office")
    #expect(complaints == [])
    let membership = try settings.membership()
    #expect(membership.machine.description == "pc7")
    #expect(membership.fleets.map(\.description) == ["office", "lab"])
  }

  @Test func aMachineNeedsANameAndAFleet() {
    #expect(throws: SettingsError.self) { try settings("Machine=a/b", "Fleets=office").0.membership() }
    #expect(throws: SettingsError.self) { try settings("Machine=pc7").0.membership() }
    #expect(throws: SettingsError.self) { try settings("Machine=pc7", "Fleets=+").0.membership() }
  }

  @Test(arguments: [
    ("broker.example", "broker.example", 8883), ("broker.example:1", "broker.example", 1), ("[::1]", "::1", 8883),
    ("[::1]:99", "::1", 99),
  ]) func aBrokerIsRead(_ text: String, _ host: String, _ port: UInt16) throws {
    let broker = try settings("Broker=\(text)", "Authorities=/ca").0.brokerSettings()
    #expect(broker.host == host && broker.port == port && broker.authorities == "/ca")
  }

  /// What is left out, or mistyped, is no reason to send a password for everybody to read.
  @Test func thereIsNoTLSOnlyIfTheAdministratorSaysSo() throws {
    let usual = try settings("Broker=b").0.brokerSettings()
    #expect(usual.authorities == "/etc/ssl/certs/ca-certificates.crt" && usual.port == 8883)
    #expect(try settings("Broker=b:1883", "Authorities=none").0.brokerSettings().authorities == nil)
    #expect(throws: SettingsError.self) {
      try settings("Broker=b", "Authorities=none", "Certificate=/c", "Key=/k").0.brokerSettings()
    }
  }

  @Test(arguments: ["", ":1", "a:0", "a:b", "a:99999", "[::1", "::1"]) func noBroker(_ text: String) {
    #expect(throws: SettingsError.self) { try settings("Broker=\(text)").0.brokerSettings() }
  }

  @Test func mistakesAreNamed() {
    let (settings, complaints) = settings("Signatures=maybe", "KeepAlive=1", "Nonsense=1")
    #expect(
      complaints == [
        "2: Signatures=maybe is neither yes nor no: it stays yes",
        "3: KeepAlive=1 is no number from 5 to 3600: it stays 60", "4: there is no key Nonsense in [Relay]",
      ])
    #expect(settings.signatures)
  }

  @Test func noSignaturesIfTheAdministratorSaysSo() { #expect(!settings("Signatures=no").0.signatures) }
}
