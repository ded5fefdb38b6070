import GBus
import MessengerContract
import Testing

@testable import MessengerService

/// The limits on a message, besides that on its text.
struct SendRequestLimitsTests {
  private static let longest = String(repeating: "é", count: 256)

  private static func replies(_ count: Int, key: String = "", label: String = "Yes") -> Value {
    .array(of: "(ss)", (0..<count).map { .structure([.string(key.isEmpty ? "\($0)" : key), .string(label)]) })
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
      ("title", .string(longest)), ("icon", .string(String(repeating: "x", count: 256))), ("replies", replies(3)),
      ("replies", replies(1, label: String(repeating: "x", count: 20))),
      ("replies", replies(1, label: String(repeating: "漢", count: 10))),
      ("replies", replies(2, label: String(repeating: "漢", count: 7))),
      ("replies", replies(1, label: String(repeating: "e\u{301}\u{302}\u{303}", count: 20))),
      ("replies", replies(1, key: String(repeating: "x", count: 64))),
    ] as [(String, Value)]) func longestOptionsAreTaken(_ option: String, _ value: Value) throws
  {
    _ = try SendRequest(recipients: ["a"], body: "b", options: [option: value], settings: Settings())
  }

  @Test(
    arguments: [
      ("title", .string(longest + "x")), ("icon", .string(String(repeating: "x", count: 257))),
      ("replies", replies(4)), ("replies", replies(3, label: String(repeating: "漢", count: 5))),
      ("replies", replies(1, label: String(repeating: "x", count: 21))),
      ("replies", replies(1, label: String(repeating: "漢", count: 10) + "x")),
      ("replies", replies(1, label: String(repeating: "\u{378}", count: 11))),
      ("replies", replies(1, label: String(repeating: "x\u{301}\u{301}\u{301}\u{301}", count: 17))),
      ("replies", replies(1, key: String(repeating: "x", count: 65))),
    ] as [(String, Value)]) func longerOptionsAreRefusedByName(_ option: String, _ value: Value) throws
  {
    let error = try #require(throws: MessengerError.self) {
      try SendRequest(recipients: ["a"], body: "b", options: [option: value], settings: Settings())
    }
    #expect(error.code == .invalidArgument && error.message.hasPrefix("the option \(option)"))
  }
}
