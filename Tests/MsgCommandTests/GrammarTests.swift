import MessengerClient
import MessengerContract
import Testing

@testable import MsgCommand

/// A command line that is taken, and what it asks for.
struct Accepted: Sendable, CustomTestStringConvertible {
  let words: [String]
  let recipient: String
  let message: String?
  let options: SendOptions
  let isVerbose: Bool

  init(
    _ words: String..., to recipient: String = "bob", says message: String? = "hi", time: UInt32? = nil,
    wait: Bool = false, verbose: Bool = false
  ) {
    self.words = words
    self.recipient = recipient
    self.message = message
    options = SendOptions(timeout: time, wait: wait)
    isVerbose = verbose
  }

  var testDescription: String { words.joined(separator: " ") }
}

/// A command line that is refused, and what the refusal says.
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
    // From the message's first word on, every word is message.
    Accepted("bob", "hi", "/W", says: "hi /W"),
    Accepted("bob", "hi", "--time", "5", says: "hi --time 5"),
    Accepted("bob", "hi", "--", "you", says: "hi -- you"),
    // The end of the options.
    Accepted("bob", "--", "/W", says: "/W"),
    Accepted("--", "-odd", "hi", to: "-odd"),
    Accepted("/W", "--", "bob", "--all", says: "--all", wait: true),
    Accepted("--all", "--", "-5", to: "*", says: "-5"),
    Accepted("bob", "--", "\\-5", says: "\\-5"),
    // One backslash is lost, once.
    Accepted("bob", "\\-5 degrees", says: "-5 degrees"),
    Accepted("bob", "\\/W", "/W", says: "/W /W"),
    Accepted("bob", "\\\\-5", says: "\\\\-5"),
    Accepted("bob", "\\n", says: "\\n"),
    Accepted("bob", "hi", "\\-5", says: "hi \\-5"),
  ])
  func takes(_ line: Accepted) throws {
    let request = try Request(arguments: line.words.map { Array($0.utf8) }, listing: { [] })
    #expect(request.recipient == line.recipient)
    #expect(request.message == line.message)
    #expect(request.options == line.options)
    #expect(request.isVerbose == line.isVerbose)
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
    Refused("bob", "/TIME:soon", "hi", says: "'soon'"),
    Refused("bob", "/TIME:-1", "hi", says: "'-1'"),
    Refused("bob", "/TIME:+1", "hi", says: "'+1'"),
    Refused("bob", "/TIME:1.5", "hi", says: "'1.5'"),
    Refused("bob", "/TIME:٣", "hi", says: "'٣'"),
    Refused("bob", "/TIME:2147483648", "hi", says: "'2147483648'"),
    Refused("bob", "/TIME:99999999999999999999", "hi", says: "'99999999999999999999'"),
    Refused("--time", "-5", "bob", "hi", says: "'-5'"),
    Refused("bob", "--time", says: "--time"),
    Refused("bob", "--all", "hi", says: "'bob'"),
  ])
  func refuses(_ line: Refused) throws {
    let run = Run(line.words.map { Array($0.utf8) })
    #expect(run.status == .usage)
    #expect(run.sender.calls.isEmpty)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("Invalid parameter(s)\n"))
    #expect(run.errors.split(separator: "\n").dropFirst().first?.contains(line.culprit) == true, "\(run.errors)")
    #expect(run.errors.contains("\nUsage: msg {user | session name | session id | '*'}"))
  }

  @Test(arguments: [["/?"], ["-?"], ["--help"], ["-h"], ["bob", "/?"], ["--help", "/W"]])
  func helps(_ words: [String]) {
    let run = Run(words.map { Array($0.utf8) })
    #expect(run.status == .success)
    #expect(run.sender.calls.isEmpty)
    #expect(run.errors.isEmpty)
    #expect(run.output.contains("[/TIME:seconds] [/V] [/W] [message]") && run.output.contains("--time <seconds>"))
  }

  @Test func tellsItsVersion() {
    let run = Run("--version")
    #expect(run.status == .success)
    #expect(run.output == "msg \(Messenger.version)\n")
  }
}
