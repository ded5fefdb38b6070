import GBus
import Foundation
import Testing

@testable import MessengerService

/// Which bus the processes of a session name.
struct SessionBusCandidatesTests {
  private static let standard = BusAddress(name: "/run/user/7/bus")
  private static let shell = ["DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/7/bus"]
  private static let own = ["DBUS_SESSION_BUS_ADDRESS=unix:abstract=/tmp/own,guid=0"]
  private static let display = ["WAYLAND_DISPLAY=wayland-1"]
  private static let sandbox = ["DBUS_SESSION_BUS_ADDRESS=unix:path=/run/flatpak/bus"]

  @Test(arguments: [
    ("nobody names any", [[]], ["/run/user/7/bus"]),
    ("all name the standard one", [shell, shell + display], ["/run/user/7/bus"]),
    ("a desktop without programs yet", [shell, shell, own], ["@/tmp/own", "/run/user/7/bus"]),
    ("dbus-run-session sway", [shell, own, own + display], ["@/tmp/own", "/run/user/7/bus"]),
    ("startx", [shell, shell + ["DISPLAY=:0"], own + ["DISPLAY=:0"]], ["@/tmp/own", "/run/user/7/bus"]),
    (
      "a test in a terminal", [shell, shell + display, shell + display, own + display],
      ["/run/user/7/bus", "@/tmp/own"]
    ),
    (
      "a sandbox", [own + display, own + display, sandbox + display],
      ["@/tmp/own", "/run/flatpak/bus", "/run/user/7/bus"]
    ),
    ("an empty display is none", [own + ["DISPLAY="], shell + display], ["/run/user/7/bus", "@/tmp/own"]),
  ]) func likeliestComesFirst(_ story: String, _ processes: [[String]], _ addresses: [String]) {
    #expect(Self.names(in: processes).ranked(standard: Self.standard).map(\.name) == addresses, "\(story)")
  }

  @Test func firstOfSeveralVariablesCounts() {
    #expect(Self.names(in: [Self.own + Self.sandbox]).ranked(standard: Self.standard).first?.name == "@/tmp/own")
  }

  @Test(arguments: [
    ([shell], false), ([shell, own + display], true), ([display], true), ([own + ["DISPLAY="]], false),
  ]) func displaysAreSeen(_ processes: [[String]], _ hasDisplay: Bool) {
    #expect(Self.names(in: processes).hasDisplay == hasDisplay)
  }

  @Test func environmentIsTheDesktops() {
    let processes = [
      Self.own + ["LANG=fr_FR"], Self.own + Self.display + ["LANG=de_DE", "SECRET=x"], Self.own + ["DISPLAY=:1"],
      Self.shell,
    ]
    let names = Self.names(in: processes)
    let desktop = names.environment(at: BusAddress(name: "@/tmp/own"))
    #expect(desktop?.assignments == (Self.own + ["LANG=de_DE"] + Self.display).sorted())
    #expect(names.environment(at: Self.standard)?.assignments == Self.shell)
    #expect(names.environment(at: BusAddress(name: "/tmp/other")) == nil)
    let early = Self.names(in: [Self.own + ["LANG=fr_FR", "LANGUAGE=" + String(repeating: "x", count: 2000)]])
    #expect(early.environment(at: BusAddress(name: "@/tmp/own"))?.assignments == (Self.own + ["LANG=fr_FR"]).sorted())
  }

  @Test func fewAreRemembered() {
    let many = (0..<100).map { ["DBUS_SESSION_BUS_ADDRESS=unix:path=/\($0)"] }
    #expect(Self.names(in: many).ranked(standard: Self.standard).count == SessionBusCandidates.most + 1)
    let long = [["DBUS_SESSION_BUS_ADDRESS=unix:path=/" + String(repeating: "x", count: 2000)]]
    #expect(Self.names(in: long).ranked(standard: Self.standard) == [Self.standard])
  }

  @Test func whatCannotBeUsedIsTold() {
    let names = Self.names(in: [["DBUS_SESSION_BUS_ADDRESS="], ["DBUS_SESSION_BUS_ADDRESS=tcp:host=h"], Self.own])
    #expect(names.unusable == "tcp:host=h")
    #expect(Self.names(in: [Self.own]).unusable == nil)
  }

  /// The first of several counts, as for getenv(3), whatever else has the same beginning.
  @Test func variablesAreFoundAmongOthers() {
    let bytes = Array("xxLANG=a\0LANGUAGE=de\0\0LANG=b\0LANG=c\0DISPLAY=\0LC_ALL\0WAYLAND_DISPLAY=1".utf8)
    let block = EnvironmentBlock(bytes[2...])
    #expect(block.text(of: "LANG", atMost: 9) == "a")
    #expect(block.text(of: "LANGUAGE", atMost: 2) == "de")
    #expect(block.text(of: "LANGUAGE", atMost: 1) == nil)
    #expect(block.text(of: "LC_ALL", atMost: 9) == nil && block.text(of: "HOME", atMost: 9) == nil)
    #expect(block.text(of: "DISPLAY", atMost: 9) == "" && !block.has("DISPLAY"))
    #expect(block.has("WAYLAND_DISPLAY") && !EnvironmentBlock([]).has("LANG"))
  }

  /// The user fills an environment, and the main loop has to read it.
  @Test func variablesBehindManyOthersAreNotLookedFor() {
    let (most, wanted) = (EnvironmentBlock.mostVariables, "DISPLAY=:0")
    let others = { Array(repeating: "a", count: $0) }
    #expect(Self.names(in: [others(most - 1) + [wanted]]).hasDisplay)
    #expect(!Self.names(in: [others(most) + [wanted]]).hasDisplay)
    #expect(!Self.names(in: [Array(repeating: "", count: most) + [wanted]]).hasDisplay)
  }

  private static func names(in processes: [[String]]) -> SessionBusCandidates {
    var names = SessionBusCandidates()
    for process in processes { names.read(Array(process.joined(separator: "\0").utf8)[...]) }
    return names
  }
}
