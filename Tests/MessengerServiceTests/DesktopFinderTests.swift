import GBus
import MessengerContract
import Testing

@testable import MessengerService

/// The findings for several sessions. Tests/System tests how each is found.
struct DesktopFinderTests {
  private static let standard = BusAddress(name: "/run/user/7/bus")
  private static let own = BusAddress(name: "@own")

  @Test func sessionsOnOneBusAreTogether() {
    var findings: [DesktopFinder.Finding] = []
    let environment = SessionEnvironment(["LANG=de_DE"])
    DesktopFinder.add(
      .init(address: Self.standard, sessions: ["1"], doubts: ["1": "it has no display"]), to: &findings)
    DesktopFinder.add(.init(address: Self.own, sessions: ["2"]), to: &findings)
    DesktopFinder.add(.init(address: Self.standard, sessions: ["3"], environment: environment), to: &findings)
    #expect(
      findings == [
        .init(
          address: Self.standard, sessions: ["1", "3"], environment: environment, doubts: ["1": "it has no display"]),
        .init(address: Self.own, sessions: ["2"]),
      ])
    let error = MessengerError(.failed, "nobody is there")
    #expect(findings[0].reason(error, at: "1").message == "nobody is there; it has no display")
    #expect(findings[0].reason(error, at: "3") == error)
  }
}
