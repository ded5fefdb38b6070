import GBus
import MessengerContract
import Testing

@testable import MessengerService

struct UpdateRequestTests {
  private static func request(_ body: String = "", _ options: [String: Value] = [:]) throws -> UpdateRequest {
    try UpdateRequest(body: body, options: options, settings: Settings())
  }

  private static func content(_ sender: String = "ann") -> PopupContent {
    PopupContent(
      title: "ann: Lunch", body: "at noon", timeout: .seconds(60), urgency: .critical, icon: "food", replies: [],
      sender: sender, time: "12:00:00")
  }

  private static func applied(_ request: UpdateRequest, to content: PopupContent = content()) -> PopupContent {
    var content = content
    request.apply(to: &content, from: 1000, at: "12:05:00")
    return content
  }

  @Test func withoutOptionsNothingChanges() throws {
    let request = try Self.request()
    #expect(request.body == nil && request.timeout == nil && request.options == SendOptions())
    #expect(Self.applied(request) == Self.content())
  }

  @Test func aNewTextIsOfNow() throws {
    let content = Self.applied(try Self.request("at \u{7}one"))
    #expect(content.body == "at one" && content.time == "12:05:00" && content.timeout == .seconds(60))
  }

  @Test func theRestStaysTheSenders() throws {
    let request = try Self.request("", ["title": .string("Dinner"), "icon": .string("clock"), "progress": .uint32(7)])
    let content = Self.applied(request)
    #expect(content.title == "ann: Dinner" && content.icon == "clock" && content.progress == 7)
    #expect(content.body == "at noon" && content.time == "12:00:00")
    #expect(Self.applied(request, to: Self.content("uid 1000")).title == "uid 1000: Dinner")
  }

  @Test(arguments: [(0, nil), (5, .seconds(5))] as [(UInt32, Duration?)])
  func aTimeIsTaken(_ seconds: UInt32, _ timeout: Duration?) throws {
    let request = try Self.request("", ["timeout": .uint32(seconds)])
    #expect(request.timeout == .some(timeout) && Self.applied(request).timeout == timeout)
  }

  @Test(arguments: ["wait", "urgency", "replies"]) func whatOnlySendTakesIsRefused(_ option: String) {
    #expect(throws: MessengerError(.invalidArgument, "Update does not take the option \(option)")) {
      try Self.request("a", [option: .boolean(true)])
    }
  }

  @Test func whatOnlyUpdateTakesIsRefusedBySend() {
    #expect(throws: MessengerError(.invalidArgument, "Send does not take the option again")) {
      try SendRequest(recipients: ["ann"], body: "b", options: ["again": .boolean(true)], settings: Settings())
    }
  }

  @Test(
    arguments: [
      ("progress", .uint32(101), "the option progress is at most 100 percent, not 101"),
      ("progress", .int32(1), "the option progress wants a number of percent (u)"),
      ("again", .string("yes"), "the option again wants a boolean (b)"),
      ("Again", .boolean(true), "there is no option Again"),
    ] as [(String, Value, String)]) func faultsAreNamed(_ option: String, _ value: Value, _ reason: String)
  {
    #expect(throws: MessengerError(.invalidArgument, reason)) { try Self.request("a", [option: value]) }
  }

  @Test func aTextIsCheckedAsThatOfAMessage() throws {
    #expect(throws: MessengerError.self) { try Self.request(" \u{200B}") }
    let error = try #require(throws: MessengerError.self) { try Self.request(String(repeating: "x", count: 4097)) }
    #expect(error.code == .limitExceeded)
  }
}
