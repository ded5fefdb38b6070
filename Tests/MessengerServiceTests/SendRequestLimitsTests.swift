import GBus
import MessengerContract
import Testing

@testable import MessengerService

/// What a message may weigh, besides its text.
struct SendRequestLimitsTests {
  private static let longest = String(repeating: "é", count: 256)

  private static func replies(_ count: Int, label: String = "Yes") -> Value {
    .array(of: "(ss)", (0..<count).map { .structure([.string("\($0)"), .string(label)]) })
  }

  @Test func recipientsAreCounted() throws {
    var settings = Settings()
    settings.limits.recipientsPerCall = 2
    #expect(try SendRequest(recipients: ["a", "b"], body: "b", settings: settings).recipients == ["a", "b"])
    let reason = "too many recipients: 3 (RecipientsPerCall=2)"
    #expect(throws: MessengerError(.invalidArgument, reason)) {
      try SendRequest(recipients: ["a", "b", "b"], body: "b", settings: settings)
    }
  }

  @Test func eachRecipientIsMeantOnce() throws {
    let words = ["b", "a"] + Array(repeating: "c", count: 997) + ["b"]
    #expect(try SendRequest(recipients: words, body: "b", settings: Settings()).recipients == ["b", "a", "c"])
  }

  @Test func recipientsHaveALength() throws {
    _ = try SendRequest(recipients: [Self.longest], body: "b", settings: Settings())
    let reason = "a recipient has 257 characters, and at most 256 are taken"
    #expect(throws: MessengerError(.invalidArgument, reason)) {
      try SendRequest(recipients: ["a", Self.longest + "x"], body: "b", settings: Settings())
    }
  }

  @Test(
    arguments: [
      ("title", .string(longest)), ("icon", .string(longest)), ("replies", replies(32)),
      ("replies", replies(1, label: longest)),
    ] as [(String, Value)]) func longestOptionsAreTaken(_ option: String, _ value: Value) throws
  {
    _ = try SendRequest(recipients: ["a"], body: "b", options: [option: value], settings: Settings())
  }

  @Test(
    arguments: [
      ("title", .string(longest + "x")), ("icon", .string(longest + "x")), ("replies", replies(33)),
      ("replies", replies(1, label: longest + "x")),
      ("replies", .array(of: "(ss)", [.structure([.string(longest + "x"), .string("Yes")])])),
    ] as [(String, Value)]) func longerOptionsAreRefusedByName(_ option: String, _ value: Value) throws
  {
    let error = try #require(throws: MessengerError.self) {
      try SendRequest(recipients: ["a"], body: "b", options: [option: value], settings: Settings())
    }
    #expect(
      error.code == .invalidArgument && error.message.contains("the option \(option) ")
        || error.message.contains("of the option \(option) "))
  }
}
