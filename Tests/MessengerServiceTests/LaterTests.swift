import GBus
import MessengerContract
import Testing

@testable import MessengerService

/// The options that let a message be put off, and its buttons.
@Suite struct LaterTests {
  private static func options(_ options: [String: Value]) throws -> SendOptions {
    try SendRequest(recipients: ["a"], body: "b", options: options, settings: Settings()).options
  }

  private static func seconds(_ seconds: UInt32...) -> Value { .array(of: "u", seconds.map(Value.uint32)) }

  private static func replies(_ labels: String...) -> Value {
    .array(of: "(ss)", labels.map { .structure([.string($0), .string($0)]) })
  }

  @Test func choicesComeInOrder() throws {
    #expect(try Self.options(["later": Self.seconds(3600, 600)]).later == [600, 3600])
  }

  @Test(
    arguments: [
      (["later": seconds(0)], "the option later: a time is 1 to 604800 seconds, not 0"),
      (["later": seconds(1, 1)], "the option later: 1 s is there twice"),
      (
        ["later": seconds(1, 2, 3)],
        "the option later: there are 3 times, and at most 2 can have a button beside OK"
      ),
      (["later": .strings(["1"])], "the option later wants numbers of seconds (au)"),
      (["until": .uint64(5)], "the option until: it needs the option later"),
      (["until": .uint32(5), "later": seconds(1)], "the option until wants a time in seconds since 1970 (t)"),
      (
        ["later": seconds(60), "replies": replies("a-long-label-of-it", "b")],
        "the option later: its buttons and those of replies have 31 columns, and at most 28 are taken"
      ),
    ] as [([String: Value], String)])
  func wrongOptionsAreNamed(_ options: [String: Value], _ reason: String) {
    #expect(throws: MessengerError(.invalidArgument, reason)) { try Self.options(options) }
  }

  @Test func puttingOffEnds() throws {
    var options = SendOptions(later: [60])
    #expect(try options.endOfPuttingOff(from: 1000) == 87_400)
    for end in [1001, 605_800] as [UInt64] {
      options.until = end
      #expect(try options.endOfPuttingOff(from: 1000) == end)
    }
    for (end, reason) in [
      (1000, "1000 is past: it is 1000 now, in seconds since 1970"),
      (0, "0 is past: it is 1000 now, in seconds since 1970"),
      (605_801, "it is 604801 seconds from now, and at most 604800 are taken"),
    ] as [(UInt64, String)] {
      options.until = end
      #expect(throws: MessengerError(.invalidArgument, "the option until: " + reason)) {
        try options.endOfPuttingOff(from: 1000)
      }
    }
  }

  @Test(
    arguments: [
      (600, "Later: 10 min"), (3600, "Later: 1 h"), (5400, "Later: 90 min"), (90, "Later: 90 s"),
      (172_800, "Later: 2 d"),
    ] as [(UInt32, String)])
  func buttonsSayWhen(_ seconds: UInt32, _ label: String) { #expect(LaterChoice(seconds: seconds).label == label) }

  private static func content(until: UInt64 = 10_000) -> PopupContent {
    PopupContent(
      title: "t", body: "b", timeout: nil, urgency: .low, icon: "", replies: [],
      later: [600, 3600].map(LaterChoice.init(seconds:)), until: until)
  }

  @Test func buttonsStandBesideOK() {
    let arguments = Self.content().notifyArguments(capabilities: ["actions"])
    #expect(
      arguments[5].strings == [
        "ok", "OK", "later-600", "Later: 10 min", "later-3600", "Later: 1 h", "default", "",
      ])
    #expect(Self.content().actionKeys == ["ok", "default"])
  }

  @Test(
    arguments: [(6400, [600, 3600]), (6401, [600]), (9400, [600]), (9401, []), (20_000, [])] as [(UInt64, [UInt32])])
  func choicesBeyondTheEndAreLeftOut(_ now: UInt64, _ left: [UInt32]) {
    #expect(Self.content().withoutLateChoices(at: now).later.map(\.seconds) == left)
  }

  @Test func theButtonPutsItOff() {
    let content = Self.content()
    var verdict = PopupVerdict(
      actionKeys: content.actionKeys, replyKeys: [], laterKeys: content.laterKeys, timeout: nil, settlingDelay: .zero)
    #expect(verdict.handle(.action("later-601"), age: .seconds(1)) == .wait)
    #expect(
      verdict.handle(.action("later-3600"), age: .seconds(1))
        == .finish(PopupVerdict.Outcome(state: .deferred, later: 3600), close: true))
  }
}
