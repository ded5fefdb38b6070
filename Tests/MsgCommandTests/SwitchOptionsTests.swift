import MessengerClient
import MessengerContract
import Testing

@testable import MsgCommand

/// Command lines that are understood without ArgumentParser, and others that it must read.
@Suite struct SwitchOptionsTests {
  static let own = [
    ["bob", "hi"], ["bob"], ["help", "me"], ["*", "hi"], ["bob,alice,bob", "a  b", "c"], ["bob", "/TIME:5", "hi"],
    ["-time:0", "bob", "hi"], ["bob", "/TIME:007", "hi"], ["/TIME:3", "bob", "-TIME:2147483647", "hi"],
    ["--time=7", "bob", "--wait", "--verbose", "hi"], ["--time", "7", "bob"], ["/v", "bob", "/V", "/w", "-W", "hi"],
    ["bob", "", "hi"], ["bob", "hi", "--", "--time=x"], ["bob", "--", "--title=x"], ["--", "-odd", "--help"],
    ["bob", "\\-5 degrees"], ["@list", "hi"],
    // Refused later, in the same words.
    ["", "hi"], ["bob,,alice", "hi"], ["@", "hi"], ["@none", "hi"], ["first", "second", "hi"], ["bob", " "],
  ]

  @Test(arguments: own)
  func areSentAsArgumentParserWouldHaveThem(_ words: [String]) throws {
    #expect(SwitchOptions(try Self.taken(words).options) != nil)
    let run = Self.run(words)
    // ArgumentParser reads every line with such an option, and this one has its default value.
    let asked = ["--connect-timeout=10"] + words
    #expect(SwitchOptions(try Self.taken(asked).options) == nil)
    let other = Self.run(asked)
    #expect(run.service.calls == other.service.calls)
    #expect(run.hostTimeout == other.hostTimeout)
    #expect(run.status == other.status)
    #expect(run.output == other.output)
    #expect(run.errors == other.errors)
    #expect(run.interruptLine == other.interruptLine)
  }

  @Test(arguments: [
    ["--wait=3"], ["--time="], ["--time"],
    ["--time=x"], ["--time=-1"], ["--time=2147483648"], ["--time=x", "--time=5"],
    ["--timeout=5"], ["--server=pc1"], ["--title=x"], ["--quiet"], ["--all"], ["--help"], ["--version"],
  ])
  func leavesToArgumentParser(_ options: [String]) {
    #expect(SwitchOptions(options + ["--wait"]) == nil)
    #expect(SwitchOptions(["--wait"] + options) == nil)
  }

  @Test(arguments: [[], ["/W"], ["/TIME:5", "/V"]])
  func leavesARecipientMissing(_ words: [String]) throws {
    let run = Self.run(words)
    #expect(run.status == .usage)
    #expect(run.errors.contains("no recipient; everyone is '*'"))
  }

  private static func taken(_ words: [String]) throws -> CommandLineParts {
    try CommandLineParts(words, switches: WindowsSwitch.ofMsg, everyone: "*")
  }

  private static func run(_ words: [String]) -> Run {
    let world = Run.World(
      input: Array("typed".utf8), listing: ["first", "second"], files: ["list": Array("alice\nbob\n".utf8)],
      service: FakeService(.success([.bob(.shown), .alice(.acknowledged)]), after: [Delivery.bob(.shown).change]))
    return Run(words.map { Array($0.utf8) }, in: world)
  }
}
