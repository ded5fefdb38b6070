import MessengerClient
import MessengerContract
import Testing

@testable import MsgCommand

/// A command line that is accepted, and its meaning.
struct Accepted: Sendable, CustomTestStringConvertible {
  let words: [String]
  let recipients: [String]
  let message: String?
  let options: SendOptions
  let isVerbose: Bool
  let hosts: [String?]

  init(
    _ words: String..., to recipient: String = "bob", says message: String? = "hi", time: UInt32? = nil,
    title: String? = nil, icon: String? = nil, urgency: Urgency? = nil, replies: [Reply] = [],
    ask: String? = nil, choices: [String] = [], window: WindowUse? = nil, terminals: TerminalUse? = nil,
    wait: Bool = false, verbose: Bool = false, on hosts: [String?] = [nil]
  ) {
    self.words = words
    recipients = recipient.split(separator: ",").map(String.init)
    self.message = message
    options = SendOptions(
      timeout: time, title: title, wait: wait, urgency: urgency, icon: icon, replies: replies, ask: ask,
      choices: choices, window: window, terminals: terminals)
    isVerbose = verbose
    self.hosts = hosts
  }

  var testDescription: String { words.joined(separator: " ") }
}

/// A command line that is refused, and the text of the refusal.
struct Refused: Sendable, CustomTestStringConvertible {
  let words: [String]
  let culprit: String

  init(_ words: String..., says culprit: String) {
    self.words = words
    self.culprit = culprit
  }

  var testDescription: String { words.joined(separator: " ") }
}

@Suite struct GrammarTests {
  @Test(arguments: [
    Accepted("bob", "hi"),
    Accepted("tty2", "hi", to: "tty2"),
    Accepted("*", "hi", to: "*"),
    Accepted("bob", says: nil),
    Accepted("--", "bob", says: nil),
    Accepted("bob", "Reboot at 18:00", says: "Reboot at 18:00"),
    Accepted("bob", "Reboot", "at", "18:00", says: "Reboot at 18:00"),
    Accepted("bob", "a  b", "c", says: "a  b c"),
    Accepted("bob", "", "hi", says: " hi"),
    // Windows switches: slash or dash, any case, before or after the recipient.
    Accepted("bob", "/TIME:5", "hi", time: 5),
    Accepted("bob", "/time:5", "hi", time: 5),
    Accepted("-Time:0", "bob", "hi", time: 0),
    Accepted("/TIME:2147483647", "bob", "hi", time: 2_147_483_647),
    Accepted("bob", "/V", "hi", verbose: true),
    Accepted("-v", "bob", "hi", verbose: true),
    Accepted("bob", "/w", "hi", wait: true),
    Accepted("-W", "bob", "/v", "-TIME:9", "hi", time: 9, wait: true, verbose: true),
    Accepted("/V", "/V", "bob", "hi", verbose: true),
    // GNU names.
    Accepted("--time=5", "bob", "hi", time: 5),
    Accepted("--time", "5", "bob", "hi", time: 5),
    Accepted("bob", "--time", "5", "hi", time: 5),
    Accepted("bob", "--verbose", "--wait", "hi", wait: true, verbose: true),
    Accepted("--all", "hi", to: "*"),
    Accepted("--all", "/W", "bob", "hi", to: "*", says: "bob hi", wait: true),
    Accepted("--all", to: "*", says: nil),
    Accepted("--title=A  title", "bob", "--icon", "weather-storm", "hi", title: "A  title", icon: "weather-storm"),
    Accepted("bob", "--title", "-5", "hi", title: "-5"),
    Accepted("bob", "--title", "", "hi", title: ""),
    Accepted("--title=", "bob", "hi", title: ""),
    // In Swift an equals sign and a mark behind it are one character.
    Accepted("--title=\u{301}x", "bob", "hi", title: "\u{301}x"),
    Accepted("--title", "\u{301}x", "bob", "hi", title: "\u{301}x"),
    Accepted("bob", "--reply=yes=\u{301}x", "hi", replies: [Reply(key: "yes", label: "\u{301}x")], wait: true),
    Accepted("bob", "--urgency=LOW", "hi", urgency: .low),
    Accepted("--window", "bob", "hi", window: .always),
    Accepted("bob", "--window=fallback", "hi", window: .fallback),
    Accepted("bob", "--window=Never", "hi", window: .never),
    Accepted("--terminals", "bob", "hi", terminals: .too),
    Accepted("bob", "--terminals=Only", "hi", terminals: .only),
    Accepted("bob", "--terminals=no", "hi", terminals: .no),
    Accepted("bob", "/TERMINALS", "hi", terminals: .too),
    Accepted("-terminals:only", "bob", "/W", "hi", terminals: .only, wait: true),
    Accepted(
      "bob", "--reply", "yes=Yes, I do", "--reply=no=No=no", "hi",
      replies: [Reply(key: "yes", label: "Yes, I do"), Reply(key: "no", label: "No=no")], wait: true),
    // An answer in words. Its placeholder follows after = only.
    Accepted("bob", "--ask", "hi", ask: "", wait: true),
    Accepted("--ask", "bob", "hi", ask: "", wait: true),
    Accepted("--ask", "/TIME:5", "bob", "--title", "t", "hi", time: 5, title: "t", ask: "", wait: true),
    Accepted("--ask", "--all", "--", "hi", to: "*", ask: "", wait: true),
    Accepted("--ask=Room?", "bob", "hi", ask: "Room?", wait: true),
    Accepted("bob", "--ask=--wait", "hi", ask: "--wait", wait: true),
    Accepted("bob", "--ask=Room?", "/TIME:5", "hi", time: 5, ask: "Room?", wait: true),
    Accepted("--ask=Room?", "--title", "t", "--wait", "bob", "hi", title: "t", ask: "Room?", wait: true),
    Accepted("bob", "--ask=", "hi", ask: "", wait: true),
    Accepted("bob", "--choose", "Room 1", "--choose=Room 2", "hi", choices: ["Room 1", "Room 2"], wait: true),
    // Machines.
    Accepted("bob", "/SERVER:pc1", "hi", on: ["pc1"]),
    Accepted("-Server:root@pc1", "bob", "hi", on: ["root@pc1"]),
    Accepted("bob", "--server", "pc1,pc2,pc1", "hi", on: ["pc1", "pc2"]),
    Accepted("bob", "/SERVER:ssh://root@pc1:2222", "hi", on: ["ssh://root@pc1:2222"]),
    // Several recipients, each once.
    Accepted("bob,alice,bob", "hi", to: "bob,alice"),
    Accepted("group:staff,id:5,al*", "hi", to: "group:staff,id:5,al*"),
    // From the message's first word on, every word belongs to the message.
    Accepted("bob", "hi", "/W", says: "hi /W"),
    Accepted("bob", "hi", "--time", "5", says: "hi --time 5"),
    Accepted("bob", "hi", "--", "you", says: "hi -- you"),
    // The end of the options.
    Accepted("bob", "--", "/W", says: "/W"),
    Accepted("--", "-odd", "hi", to: "-odd"),
    Accepted("/W", "--", "bob", "--all", says: "--all", wait: true),
    Accepted("--all", "--", "-5", to: "*", says: "-5"),
    Accepted("bob", "--", "\\-5", says: "\\-5"),
    // One backslash is removed, once.
    Accepted("bob", "\\-5 degrees", says: "-5 degrees"),
    Accepted("bob", "\\/W", "/W", says: "/W /W"),
    Accepted("bob", "\\\\-5", says: "\\\\-5"),
    Accepted("bob", "\\n", says: "\\n"),
    Accepted("bob", "hi", "\\-5", says: "hi \\-5"),
  ])
  func takes(_ line: Accepted) throws {
    let service = FakeService(.success([.bob(line.options.wait ? .acknowledged : .shown)]))
    let remote = Dictionary(uniqueKeysWithValues: line.hosts.compactMap { $0 }.map { ($0, FakeService(service)) })
    let run = Run(
      line.words.map { Array($0.utf8) },
      in: Run.World(input: Array("typed".utf8), service: service, remote: remote))
    #expect(run.status == .success, "\(run.errors)")
    for host in line.hosts {
      let call = host.map { remote[$0]?.calls.first } ?? run.call
      #expect(call?.recipients == line.recipients)
      #expect(call?.body == line.message ?? "typed")
      #expect(call?.options == line.options)
    }
    #expect(Set(run.hostTimeout.keys) == Set(line.hosts))
    #expect(run.output.isEmpty == !line.isVerbose)
  }

  @Test(arguments: [
    Refused(says: "'*'"),
    Refused("/W", says: "--all"),
    Refused("--", says: "no recipient"),
    Refused("", "hi", says: "the recipient is empty"),
    Refused("bob", "/X", "hi", says: "/X"),
    Refused("bob", "/usr is full", says: "'\\/usr is full'"),
    Refused("bob", "-5", "degrees", says: "'\\-5'"),
    Refused("bob", "-", says: "unknown switch: -"),
    Refused("bob", "--nonsense", "hi", says: "--nonsense"),
    Refused("bob", "--wait=3", "hi", says: "--wait"),
    Refused("bob", "/TIME", "hi", says: "/TIME needs a value"),
    Refused("bob", "/V:1", "hi", says: "/V:1 takes no value"),
    Refused("bob", "/TIME:", "hi", says: "/TIME: needs a value"),
    Refused("--time", "-5", "bob", "hi", says: "'-5'"),
    Refused("bob", "--time", says: "--time"),
    Refused("bob", "--all", "hi", says: "'bob'"),
    Refused("bob,,alice", "hi", says: "'bob,,alice'"),
    Refused(",", "hi", says: "','"),
    Refused("@", "hi", says: "@ needs"),
    Refused("bob", "--urgency", "loud", "hi", says: "'loud'"),
    Refused("bob", "--window=loud", "hi", says: "'loud'"),
    Refused("bob", "--terminals=pts", "hi", says: "'pts'"),
    Refused("bob", "--terminals", "only", "hi", says: "--terminals=only"),
    Refused("--window", "never", "bob", "hi", says: "--window=never"),
    Refused("bob", "--terminals=only", "--reply", "y=Yes", "hi", says: "--reply needs a desktop"),
    Refused("bob", "/TERMINALS:all", "hi", says: "'all'"),
    Refused("bob", "/TERMINALS:", "hi", says: "/TERMINALS: needs a value, as in /TERMINALS:only"),
    Refused("--sessions", "--terminals", says: "--sessions and --terminals can't be combined"),
    Refused("bob", "--reply", "yes", "hi", says: "'yes'"),
    Refused("bob", "--reply", "=Yes", "hi", says: "'=Yes'"),
    Refused("bob", "--reply", "yes=", "hi", says: "'yes='"),
    Refused("bob", "--reply", "yes= ", "hi", says: "'yes= '"),
    Refused("bob", "--reply", "default=x", "hi", says: "The key 'default' is reserved"),
    Refused("bob", "--reply", "inline-reply=Password:", "hi", says: "The key 'inline-reply' is reserved"),
    Refused("bob", "--reply", "a b=x", "hi", says: "The key 'a b' may only have letters"),
    Refused("bob", "--reply", "a=漢字漢字漢字漢字漢字x", "hi", says: "at most 20 columns"),
    Refused(
      "bob", "--reply", "a=A", "--reply", "b=B", "--reply", "c=C", "--reply", "d=D", "hi",
      says: "4 replies; a popup has at most 3"),
    Refused(
      "bob", "--reply", "a=aaaaaaaaaa", "--reply", "b=漢漢漢漢漢", "--reply", "c=ccccccccc", "hi",
      says: "the labels of the replies have 29 columns"),
    Refused("bob", "--ask", "--reply", "a=A", "hi", says: "--reply and --ask can't be combined"),
    Refused("bob", "--choose", "A", "--ask=b", "hi", says: "--ask and --choose can't be combined"),
    Refused("bob", "--window", "--ask", "hi", says: "--ask and --window can't be combined"),
    Refused("bob", "--window=fallback", "--choose", "A", "hi", says: "--choose and --window can't be combined"),
    Refused("bob", "--choose", String(repeating: "x", count: 81), "hi", says: "a choice has 81 characters; at most 80"),
    Refused("bob", "--ask=" + String(repeating: "x", count: 257), "hi", says: "--ask has 257 characters; at most 256"),
    Refused("bob", "--choose", "A", "--choose", "A", "hi", says: "the choice 'A' is there twice"),
    Refused("bob", "--choose", " ", "hi", says: "a choice is empty"),
    Refused("--update", "17", "--ask", says: "--update and --ask can't be combined"),
    Refused("--update", "17", "--choose", "A", says: "--update and --choose can't be combined"),
    Refused("bob", "--icon", "/tmp/fifo", "hi", says: "'/tmp/fifo'"),
    Refused("bob", "--icon", "file:///tmp/a.png", "hi", says: "It is the name of an icon of the theme"),
    Refused("bob", "--icon", "", "hi", says: "''"),
    Refused("bob", "--time", "", "hi", says: "''"),
    Refused("bob", "--urgency=", "hi", says: "''"),
    Refused("bob", "--reply", "yes=Yes", "--reply", "yes=Yeah", "hi", says: "'yes'"),
    Refused("bob", "--quiet", "--verbose", "hi", says: "--quiet"),
    Refused("bob", "/SERVER:pc1,", "hi", says: "--server"),
    Refused("bob", "/SERVER:", "hi", says: "/SERVER: needs a value"),
    Refused("--withdraw", "17", "bob", says: "'bob'"),
    Refused("--withdraw", "17", "--sessions", says: "--withdraw and --sessions can't be combined"),
    Refused("--withdraw", "17", "--all", says: "--withdraw and --all can't be combined"),
    Refused("--withdraw", "latest", says: "'latest'"),
    Refused("--withdraw", "17", "/SERVER:a,b", says: "one host"),
    Refused("--sessions", "bob", "hi", says: "--sessions"),
  ])
  func refuses(_ line: Refused) throws {
    let run = Run(line.words.map { Array($0.utf8) })
    #expect(run.status == .usage)
    #expect(run.service.calls.isEmpty)
    #expect(run.output.isEmpty)
    let lines = run.errors.split(separator: "\n")
    #expect(lines.first == "Invalid parameter(s)" && lines.last == "See: msg --help")
    #expect(lines.count == 3 || line.words.isEmpty)
    #expect(lines.dropFirst().first?.contains(line.culprit) == true, "\(run.errors)")
  }

  @Test func showsItsUsageWhereNothingWasAskedFor() {
    let run = Run([])
    #expect(run.status == .usage && run.output.isEmpty)
    let usage = """

      Usage:
        msg {user | session name | session id | @file | '*'}
            [/SERVER:host] [/TIME:seconds] [/V] [/W] [message]
        msg --sessions
      """
    #expect(run.errors.hasPrefix("Invalid parameter(s)\nmsg: no recipient"))
    #expect(run.errors.contains(usage), "\(run.errors)")
    #expect(run.errors.hasSuffix("\nSee: msg --help\n"))
  }

  /// A switch that has become text.
  @Test func saysThatASwitchIsAPartOfTheMessage() {
    let run = Run("bob", "hi", "/W")
    #expect(run.status == .success && run.call?.body == "hi /W")
    #expect(run.errors.contains("'/W' is a part of the message: write switches before it"))
    for words in [["bob", "hi", "/x", "-5", "/TIME", "/W:1"], ["bob", "--", "hi", "/W"], ["bob", "/V", "hi"]] {
      #expect(Run(words.map { Array($0.utf8) }).errors.isEmpty, "\(words)")
    }
  }

  @Test(arguments: ["/time:1", "-W", "--time=1", "--title", "--wait", "/SERVER:pc1"])
  func sendsNoSwitchToEveryone(_ word: String) {
    let run = Run("--all", "alice", word, "hi")
    #expect(run.status == .usage && run.service.calls.isEmpty)
    #expect(run.errors.contains("'\(word)' would be a part of the message to everyone"), "\(run.errors)")
    #expect(Run("--all", "--", "alice", word, "hi").call?.body == "alice \(word) hi")
  }

  @Test(arguments: Program.allCases)
  func helpFitsATerminal(_ program: Program) {
    let run = Run("--help", in: Run.World(program: program))
    let wide = run.output.split(separator: "\n").filter { $0.count > 80 }
    #expect(run.status == .success && wide.isEmpty, "\(wide)")
  }

  @Test(arguments: [
    ("/TIME:", "soon"), ("/TIME:", "-1"), ("/TIME:", "+1"), ("/TIME:", "1.5"), ("/TIME:", "٣"),
    ("/TIME:", "2147483648"), ("/TIME:", "99999999999999999999"), ("/SERVER:", "-oProxyCommand=id"),
    ("--connect-timeout=", "0"), ("--connect-timeout=", "3601"),
  ])
  func refusesValue(_ option: String, _ value: String) throws {
    try refuses(Refused("bob", option + value, "hi", says: "'\(value)'"))
  }

  /// The options that `--help` prints, which ArgumentParser takes from MsgOptions, and whether each takes a value.
  private static var declaredOptions: [String: Bool] {
    var options: [String: Bool] = [:]
    for line in Run("--help").output.split(separator: "\n") {
      let words = line.split(separator: " ").drop { $0 == "-h," }
      guard line.hasPrefix("  -"), let option = words.first else { continue }
      options[String(option)] = words.dropFirst().first?.hasPrefix("<") ?? false
    }
    return options
  }

  @Test func knowsEveryOptionThatTakesAValue() {
    let known = CommandLineParts.optionsWithValue.union(CommandLineParts.impliedValues.keys)
    #expect(Set(Self.declaredOptions.filter(\.value).keys) == known)
    #expect(CommandLineParts.optionsWithValue.isDisjoint(with: CommandLineParts.impliedValues.keys))
  }

  @Test(arguments: WindowsSwitch.ofMsg)
  func switchesStandForDeclaredOptions(_ windowsSwitch: WindowsSwitch) {
    #expect(Self.declaredOptions[windowsSwitch.option] == windowsSwitch.takesValue)
  }

  @Test(arguments: [["/?"], ["-?"], ["--help"], ["-h"], ["bob", "/?"], ["--help", "/W"]])
  func helps(_ words: [String]) {
    let run = Run(words.map { Array($0.utf8) })
    #expect(run.status == .success)
    #expect(run.service.calls.isEmpty)
    #expect(run.errors.isEmpty)
    #expect(run.output.contains("[/TIME:seconds] [/V] [/W] [message]") && run.output.contains("--time <seconds>"))
  }

  @Test func tellsItsVersion() {
    let run = Run("--version")
    #expect(run.status == .success)
    #expect(run.output == "msg \(Messenger.version)\n")
  }
}
