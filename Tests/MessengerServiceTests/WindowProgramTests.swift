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

  private static let entry = WindowContent.Kind.entry(answerLabel: "Answer", closeLabel: "Close")
  private static let list = WindowContent.Kind.list(["Tea", "Coffee & <milk>"])

  @Test(arguments: [
    (
      WindowProgram.Name.zenity, entry, [["zenity", "--entry", "--title=Message", "--text=Message", "--width=480"]],
      "\n"
    ),
    (.kdialog, entry, [["kdialog", "--title", "Message", "--inputbox", "Message"]], "\n"),
    (
      .zenity, list,
      [
        [
          "zenity", "--list", "--title=Message", "--text=Message", "--column=answer", "--hide-header", "--width=480",
          "--height=400",
        ]
      ], "Tea\nCoffee & <milk>\n"
    ),
    (
      .kdialog, list,
      [["kdialog", "--title", "Message", "--menu", "Message", "--", "0", "Tea", "1", "Coffee & <milk>"]],
      "Tea\nCoffee &\u{200B} <\u{200B}milk>\n"
    ),
  ]) func aQuestionIsInNoCommandLine(
    _ name: WindowProgram.Name, _ kind: WindowContent.Kind, _ commands: [[String]], _ input: String
  ) {
    let content = Self.content(name, kind)
    #expect(content.programs[0].commands(for: content) == commands)
    #expect(Self.properties(content)["StandardInputData"] == .array(of: "y", Array(input.utf8).map(Value.byte)))
  }

  @Test func theNameAboveAFieldIsShownAsItIs() {
    func command(_ name: WindowProgram.Name, _ kind: WindowContent.Kind) -> [String] {
      var content = Self.content(name, kind)
      content.heading = #"a_b\n<i>&x"#
      return content.programs[0].commands(for: content)[0]
    }
    #expect(command(.zenity, Self.entry).contains(#"--text=a__b\\n<i>&x"#))
    #expect(command(.zenity, Self.list).contains(#"--text=a_b\\n&lt;i&gt;&amp;x"#))
    #expect(command(.kdialog, Self.entry).contains("a_b\\\\n<\u{200B}i>&&\u{200B}x"))
    #expect(command(.kdialog, Self.list).contains("a_b\\\\n<\u{200B}i>&\u{200B}x"))
  }

  /// With a mark, each is one character, but the programs still find the escape.
  @Test func whatHasAMarkIsDoubledToo() {
    var content = Self.content(.zenity, Self.entry)
    content.heading = "a_\u{301}b\\\u{301}"
    #expect(content.programs[0].commands(for: content)[0].contains("--text=a__\u{301}b\\\\\u{301}"))
    #expect(WindowProgram.zenityLabels(["_\u{301}"]) == ["__\u{301}"])
  }

  @Test(arguments: [WindowProgram.Name.zenity, .kdialog]) func aLongQuestionIsShownFirst(_ name: WindowProgram.Name) {
    var content = Self.content(name, Self.entry)
    content.text = String(repeating: "secret\n", count: 7)
    let commands = content.programs[0].commands(for: content)
    #expect(commands.count == 2 && commands.joined().allSatisfy { !$0.contains("secret") })
    #expect(content.input == content.text)
    // The second window must not follow a first one that was closed.
    #expect(Self.properties(content)["SuccessExitStatus"] == nil)
  }

  @Test func xmessageAsksNothing() {
    let all = WindowProgram.Name.allCases.map { WindowProgram(name: $0, path: "/bin/program") }
    #expect(WindowProgram.ableToAsk(.words(hint: ""), among: all).map(\.name) == [.zenity, .kdialog])
    #expect(WindowProgram.ableToAsk(.words(hint: ""), among: all.reversed()).map(\.name) == [.kdialog, .zenity])
    #expect(WindowProgram.ableToAsk(.choice(["a"]), among: all.reversed()).map(\.name) == [.zenity, .kdialog])
  }

  private static let answers: [(WindowProgram.Name, WindowContent.Kind, String, WindowEnd?)] = [
    (.zenity, entry, "Room 4\n0\n", .typed(Answer("Room 4"))), (.zenity, entry, "\n0\n", .typed(Answer(""))),
    (.zenity, entry, "a\n0\n0\n", .typed(Answer("a\n0"))), (.zenity, entry, "a\r\n0\n", .typed(Answer("a\r"))),
    (.zenity, entry, "10\n", .closed),
    (.zenity, entry, "1\n", nil), (.zenity, entry, "ABRT\n", nil), (.zenity, entry, "", nil),
    (.kdialog, entry, "Room 4\n0\n", .typed(Answer("Room 4"))), (.kdialog, entry, "1\n", .closed),
    (.kdialog, entry, "ABRT\n", nil), (.xmessage, entry, "x\n0\n", nil),
    (.zenity, list, "Coffee & <milk>\n0\n", .chosen(1)), (.zenity, list, "0\n", .closed),
    (.zenity, list, "\n0\n", .closed), (.zenity, list, "Milk\n0\n", nil), (.zenity, list, "10\n", .closed),
    (.kdialog, list, "1\n0\n", .chosen(1)), (.kdialog, list, "2\n0\n", nil), (.kdialog, list, "1\n", .closed),
    (.xmessage, list, "0\n", nil),
  ]

  @Test(arguments: answers) func outputIsTheAnswer(
    _ name: WindowProgram.Name, _ kind: WindowContent.Kind, _ output: String, _ end: WindowEnd?
  ) {
    let program = WindowProgram(name: name, path: "/bin/program")
    #expect(program.end(of: kind, output: Array(output.utf8), mayBeClosed: true) == end)
  }

  @Test func kdialogTakesNoLineForHTML() {
    let program = WindowProgram(name: .kdialog, path: "/bin/program")
    #expect(program.plain("<img src=/a> &#9632; a") == "<\u{200B}img src=/a> &\u{200B}#9632; a")
    #expect(WindowProgram(name: .zenity, path: "/bin/program").plain("<b>&") == "<b>&")
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
    #expect(properties["StandardOutput"] == .string("null") && properties["StandardError"] == .string("journal"))
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
