import Foundation
import GBus
import MessengerContract
import Testing

@testable import MessengerService

/// Which texts are long, and how a window gets the whole of one. Tests/PrivateBus and Tests/System test the window
/// itself.
@Suite struct WholeTextTests {
  private static func properties(lifetime: Duration?) -> [String: Value] {
    let viewer = WindowProgram(name: .zenity, path: "/bin/zenity")
    let whole = WholeText(
      label: "", heading: "Message from pc$ ${HOME}", closeLabel: "", text: "$x", unit: "", programs: [viewer])
    return properties(of: whole.window, lifetime: lifetime)
  }

  private static func properties(of window: WindowContent, lifetime: Duration? = nil) -> [String: Value] {
    let members = window.properties(of: window.programs[0], lifetime: lifetime).elements?.compactMap(\.members) ?? []
    return Dictionary(
      uniqueKeysWithValues: members.map { member in
        if case .variant(let value) = member[1] { (member[0].string ?? "", value) } else { ("", member[1]) }
      })
  }

  /// In Swift neither of these is the character "$", but systemd sees one.
  @Test(arguments: [("\u{600}${HOME}", "\u{600}$${HOME}"), ("$\u{301}x", "$$\u{301}x")])
  func systemdExpandsNothingBesideAMark(_ label: String, _ word: String) throws {
    let viewer = WindowProgram(name: .kdialog, path: "/bin/kdialog")
    let content = WindowContent(kind: .list(["a", label]), heading: "", text: "", unit: "", programs: [viewer])
    let command = try #require(Self.properties(of: content)["ExecStart"]?.elements?.first?.members)
    #expect(command[1].strings?.last == word)
  }

  @Test func systemdExpandsNothing() throws {
    let properties = Self.properties(lifetime: nil)
    let command = try #require(properties["ExecStart"]?.elements?.first?.members)
    #expect(command[0] == .string("/bin/zenity"))
    #expect(try #require(command[1].strings).contains("--title=Message from pc$$ $${HOME}"))
    // Here dollars need no escape, because this is not a command line.
    #expect(properties["StandardInputData"] == .array(of: "y", Array("$x\n".utf8).map(Value.byte)))
    #expect(properties["TimeoutStartUSec"] == nil)
  }

  @Test(arguments: [
    (WindowProgram.Name.zenity, ["DISPLAY=:0", "CHARSET=UTF-8", "ZENITY_CANCEL=0", "ZENITY_ESC=0"]),
    (.kdialog, ["DISPLAY=:0"]),
  ]) func programsGetWhatTheServiceManagerLacks(_ name: WindowProgram.Name, _ environment: [String]) throws {
    let viewer = WindowProgram(name: name, path: "/bin/program")
    var whole = WholeText(label: "", heading: "", closeLabel: "", text: "", unit: "", programs: [viewer])
    whole.window.environment = ["DISPLAY=:0"]
    let members = whole.window.properties(of: viewer, lifetime: nil).elements?.compactMap(\.members) ?? []
    #expect(members.contains([.string("Environment"), .variant(.strings(environment))]))
  }

  @Test func aWindowWhoseTimeIsOverIsNotThereForEver() {
    // 0 would mean forever.
    #expect(Self.properties(lifetime: .seconds(-5))["TimeoutStartUSec"] == .uint64(1_000_000))
  }

  private static let orders: [([String], [String])] = [
    (["DISPLAY=:0"], ["zenity", "kdialog", "xmessage"]), (["WAYLAND_DISPLAY=w"], ["zenity", "kdialog"]), ([], []),
    (["DISPLAY=:0", "XDG_CURRENT_DESKTOP=KDE"], ["kdialog", "zenity", "xmessage"]),
    (["DISPLAY=:0", "XDG_CURRENT_DESKTOP=X-KDE:Cinnamon"], ["zenity", "kdialog", "xmessage"]),
  ]

  @Test(arguments: orders) func theSessionsOwnProgramComesFirst(_ environment: [String], _ names: [String]) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for program in WindowProgram.Name.allCases {
      let path = folder.appending(path: program.rawValue).path
      #expect(FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o755]))
    }
    let viewers = WindowProgram.installed(in: ["relative", folder.path], for: SessionEnvironment(environment))
    #expect(viewers.map(\.name.rawValue) == names)
    #expect(viewers.allSatisfy { $0.path.hasPrefix(folder.path + "/") })
  }

  private static let beginnings = [
    ("1\n2\n3\n4\n5\n6\n7", "1\n2\n3\n4\n5\n6"), ("1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\n5\n6"),
    (String(repeating: "x", count: 300), String(repeating: "x", count: 250)),
    // Code points that belong together are not separated, unless there are too many.
    (String(repeating: "e\u{301}\u{302}", count: 100), String(repeating: "e\u{301}\u{302}", count: 83)),
    ("e" + String(repeating: "\u{301}", count: 300), "e" + String(repeating: "\u{301}", count: 249)),
  ]

  @Test(arguments: beginnings) func thePopupHasTheBeginning(_ text: String, _ beginning: String) {
    #expect(WholeText.isNeeded(for: text))
    #expect(Array(WholeText.beginning(of: text).unicodeScalars) == Array(beginning.unicodeScalars))
    #expect(!WholeText.isNeeded(for: WholeText.beginning(of: text)))
  }

  @Test(arguments: [
    (String(repeating: "x", count: 61), String(repeating: "x", count: 59) + "…"),
    (String(repeating: "漢", count: 31), String(repeating: "漢", count: 29) + "…"),
    (String(repeating: "x", count: 58) + "漢x", String(repeating: "x", count: 58) + "…"),
  ]) func thePopupHasTheBeginningOfATitle(_ title: String, _ beginning: String) {
    #expect(WholeText.isNeeded(forTitle: title) && WholeText.beginning(ofTitle: title) == beginning)
    #expect(!WholeText.isNeeded(forTitle: beginning) && WholeText.beginning(ofTitle: beginning) == beginning)
  }

  @Test func aShortTextIsWholeUnderALongTitle() {
    var content = PopupContent(title: "", body: "short", timeout: nil, urgency: .low, icon: "", replies: [])
    content.whole = WholeText(label: "", heading: "", closeLabel: "", text: "short", unit: "", programs: [])
    #expect(content.abridged(for: NotificationServerQuirks(growsWithText: true), capabilities: ["actions"]) == content)
  }

  @Test func onlyWhatWouldCoverTheScreenIsAbridged() {
    let text = String(repeating: "line\n", count: 50)
    let whole = WholeText(label: "", heading: "", closeLabel: "", text: text, unit: "", programs: [])
    var content = PopupContent(title: "", body: text, timeout: nil, urgency: .low, icon: "", replies: [])
    let grows = NotificationServerQuirks(growsWithText: true)
    #expect(content.abridged(for: grows, capabilities: ["actions"]) == content)
    content.whole = whole
    #expect(content.abridged(for: grows, capabilities: ["actions"]).body == "line\nline\nline\nline\nline\nline…")
    #expect(content.abridged(for: grows, capabilities: []) == content)
    #expect(content.abridged(for: .standard, capabilities: ["actions"]) == content)
  }
}
