import MessengerClient
import MessengerContract
import Testing

@testable import MsgCommand

/// `--hold` and `--held`.
@Suite struct HoldTests {
  private static func held(_ state: DeliveryState = .held, _ error: MessengerError? = nil) -> Delivery {
    Delivery(
      sessionID: "", userName: "bob", uid: 1001, state: state,
      details: DeliveryDetails(
        userName: "bob", until: state == .held ? 1_795_241_721 + 2 * 86_400 : nil, error: error))
  }

  @Test(arguments: ["8h", "28800", "8 h"]) func aDurationGoesToTheService(_ text: String) {
    #expect(Run("bob", "--hold", text, "hi").call?.options.hold == 28_800)
    #expect(Run("--hold=\(text)", "bob", "hi").call?.options.hold == 28_800)
  }

  @Test(arguments: [["--hold", "until", "18:00"], ["--hold=until 18:00"], ["--hold=until", "18:00"]])
  func aTimeOfDayDoes(_ words: [String]) throws {
    let run = Run((words + ["bob", "until", "then"]).map { Array($0.utf8) })
    let end = try EndOfPuttingOff("18:00").time(from: Timestamp(seconds: 1_795_241_721))
    #expect(run.call?.options.hold.map(UInt64.init) == end - 1_795_241_721)
    #expect(run.call?.recipients == ["bob"] && run.call?.body == "until then")
  }

  @Test(arguments: [
    ["--hold", "18:00"], ["--hold", "until", "8h"], ["--hold", "until"], ["--hold", "0s"], ["--hold", "31d"],
    ["--hold", "soon"], ["--hold="],
  ])
  func otherTimesAreRefused(_ words: [String]) {
    let run = Run((["bob"] + words).map { Array($0.utf8) })
    #expect(run.status == .usage && run.call == nil)
    if words.count > 1 {
      #expect(run.errors.contains("a duration up to 30d such as 8h, or a time of day: until 18:00"))
    }
  }

  @Test func whatIsKeptIsASuccess() {
    let service = FakeService(.success([Self.held()]))
    let run = Run("bob", "--hold=2d", "hi", service: service)
    #expect(run.status == .success && run.output.isEmpty && run.errors.isEmpty)
    let verbose = Run("bob", "--hold=2d", "/V", "hi", service: FakeService(service))
    #expect(verbose.output.hasPrefix("Message to bob held until 2026-11-23 "))
  }

  @Test func theReasonIsTold() {
    let locked = Self.held(.held, MessengerError(.failed, "the screen is locked"))
    let run = Run("bob", "--hold=2d", "/V", "hi", service: FakeService(.success([locked])))
    #expect(run.output.hasSuffix(": the screen is locked\n"))
  }

  @Test func whoDidNotComeWasNotReached() {
    let run = Run("bob", "--hold=2d", "/W", "hi", service: FakeService(.success([Self.held(.expired)])))
    #expect(run.status == .notReached && run.errors == "bob: nobody came in time\n")
    let withdrawn = Run("bob", "--hold=2d", "/W", "hi", service: FakeService(.success([Self.held(.withdrawn)])))
    #expect(withdrawn.status == .notReached && withdrawn.errors == "bob: withdrawn before anybody came\n")
  }

  @Test func whoWaitsLearnsThatTheServiceHasEnded() {
    let run = Run("bob", "--hold=2d", "/W", "hi", service: FakeService(.success([Self.held()])))
    #expect(run.status == .notAcknowledged && run.errors.hasPrefix("Message to bob held until "))
  }

  // MARK: --held

  private static let messages = [
    HeldMessage(id: 17, sender: "root", senderUID: 0, recipient: "bob", until: 1_795_241_721 + 2 * 86_400),
    HeldMessage(id: 1_795_241_721_000, sender: "ann", senderUID: 1000, recipient: "*", until: 1_795_241_722),
  ]

  @Test func aTableListsWhatIsHeld() throws {
    let run = Run("--held", service: FakeService(held: .success(Self.messages)))
    let lines = run.output.split(separator: "\n")
    #expect(run.status == .success && lines.count == 3)
    #expect(lines[0] == "ID             FROM  FOR  UNTIL")
    #expect(lines[1].hasPrefix("17             root  bob  2026-11-23 "))
    #expect(lines[2].hasPrefix("1795241721000  ann   *    "))
  }

  @Test func nothingIsHeld() {
    let run = Run("--held", service: FakeService())
    #expect(run.status == .success && run.output.isEmpty && run.errors == "no message is held\n")
  }

  @Test func programsGetAnObjectForEach() {
    let run = Run("--held", "--json", service: FakeService(held: .success(Self.messages)))
    #expect(run.output.contains(#""id": 17, "sender": "root", "uid": 0, "recipient": "bob", "until": 1795414521}"#))
    #expect(Run("--held", "--json", service: FakeService()).output.isEmpty)
  }

  @Test func errorsAndOtherOptionsAreRefused() {
    let refusal = MessengerError(.unavailable, "logind does not answer")
    let run = Run("--held", service: FakeService(held: .failure(refusal)))
    #expect(run.status == .unavailable && run.errors == "msg: logind does not answer\n")
    #expect(Run("--held", "bob").errors.contains("--held takes no recipient, such as 'bob'"))
    #expect(Run("--held", "--hold=1h").errors.contains("--held and --hold can't be combined"))
    #expect(Run("bob", "--hold=1h", "--terminals", "hi").errors.contains("--hold and --terminals can't be combined"))
    #expect(Run("--held", "--withdraw=5").errors.contains("can't be combined"))
  }
}
