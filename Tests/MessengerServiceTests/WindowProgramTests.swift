import GBus
import MessengerContract
import Testing

@testable import MessengerService

/// What the programs are told to show, and what their ends mean. Tests/System has the real programs.
@Suite struct WindowProgramTests {
  private static let labels = ["Yes", "Not_now"]
  private static let buttons = WindowContent.Kind.buttons(labels, closeLabel: "Close")

  private static func content(_ name: WindowProgram.Name, _ kind: WindowContent.Kind = buttons) -> WindowContent {
    WindowContent(
      kind: kind, heading: "Message", text: "secret", unit: "msg-1",
      programs: [WindowProgram(name: name, path: "/bin/program")])
  }

  private static func properties(_ content: WindowContent) -> [String: Value] {
    let members = content.properties(of: content.programs[0], lifetime: nil).elements?.compactMap(\.members) ?? []
    return Dictionary(
      uniqueKeysWithValues: members.map { member in
        if case .variant(let value) = member[1] { (member[0].string ?? "", value) } else { ("", member[1]) }
      })
  }

  @Test(arguments: [
    (
      WindowProgram.Name.zenity,
      [
        [
          "zenity", "--text-info", "--title=Message", "--ok-label=Yes", "--cancel-label=Close",
          "--extra-button=Not__now", "--width=480", "--height=388",
        ]
      ]
    ),
    (
      .kdialog,
      [
        ["kdialog", "--title", "Message", "--textbox", "-", "480", "220"],
        ["kdialog", "--title", "Message", "--menu", "Message", "--", "0", "Yes", "1", "Not_now"],
      ]
    ),
  ]) func theTextIsInNoCommandLine(_ name: WindowProgram.Name, _ commands: [[String]]) {
    let content = Self.content(name)
    #expect(content.programs[0].commands(for: content) == commands)
    #expect(Self.properties(content)["StandardInputData"] == .array(of: "y", Array("secret\n".utf8).map(Value.byte)))
  }

  @Test func anXResourceHasNoEscapes() {
    let content = Self.content(.xmessage, .buttons([#"a\b:c,d"#, "e"], closeLabel: ""))
    let command = content.programs[0].commands(for: content)[0]
    #expect(command.contains("b0:11,b1:12") && command.contains(#"*b0.label: a\\b:c,d"#))
    #expect(!command.contains("-default"))
  }

  @Test func aWindowThatAsksSendsItsOutputAndStatus() throws {
    let properties = Self.properties(Self.content(.zenity))
    #expect(properties["StandardOutputFileDescriptor"] == .handle(0))
    #expect(properties["StandardError"] == .string("journal"))
    #expect(properties["StandardOutput"] == .string("null"))
    let command = try #require(properties["ExecStopPost"]?.elements?.first?.members)
    #expect(command[1].strings == ["sh", "-c", #"echo "$$EXIT_STATUS""#])
    let text = Self.properties(Self.content(.zenity, .text(closeLabel: "")))
    #expect(text["StandardOutputFileDescriptor"] == nil && text["ExecStopPost"] == nil)
  }

  private static let ends: [(WindowProgram.Name, String, WindowEnd?)] = [
    (.zenity, "0\n", .chosen(0)), (.zenity, "Not__now\n10\n", .chosen(1)), (.zenity, "10\n", .closed),
    (.zenity, "warning\nNot__now\n10\n", .chosen(1)),
    (.zenity, "Maybe\n10\n", .closed), (.zenity, "1\n", nil), (.zenity, "", nil), (.zenity, "ABRT\n", nil),
    (.kdialog, "1\n0\n", .chosen(1)), (.kdialog, "1\n", .closed), (.kdialog, "2\n0\n", nil), (.kdialog, "0\n", nil),
    (.kdialog, "ABRT\n", nil), (.xmessage, "11\n", .chosen(0)), (.xmessage, "12\n", .chosen(1)),
    (.xmessage, "13\n", nil), (.xmessage, "1\n", .closed), (.xmessage, "203\n", nil), (.xmessage, "0\n", nil),
  ]

  @Test(arguments: ends) func statusAndOutputSayTheAnswer(
    _ name: WindowProgram.Name, _ output: String, _ end: WindowEnd?
  ) {
    let program = WindowProgram(name: name, path: "/bin/program")
    #expect(program.end(of: Self.buttons, output: Array(output.utf8), mayBeClosed: true) == end)
  }

  @Test func labelsThatAreEqualStayDistinguishable() {
    let program = WindowProgram(name: .zenity, path: "/bin/zenity")
    let kind = WindowContent.Kind.buttons(["a", "b", "b"], closeLabel: "")
    let command = program.commands(
      for: WindowContent(kind: kind, heading: "", text: "", unit: "", programs: [program]))[0]
    let extra = command.filter { $0.hasPrefix("--extra-button=") }.map { $0.dropFirst(15) }
    #expect(Set(extra).count == 2)
    #expect(program.end(of: kind, output: Array("\(extra[1])\n10\n".utf8), mayBeClosed: true) == .chosen(2))
  }

  @Test func anEarlyEndOfXmessageIsAFailure() {
    let program = WindowProgram(name: .xmessage, path: "/bin/xmessage")
    #expect(program.end(of: Self.buttons, output: Array("1\n".utf8), mayBeClosed: false) == nil)
  }
}
