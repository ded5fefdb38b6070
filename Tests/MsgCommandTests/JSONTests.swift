import Foundation
import MessengerClient
import MessengerContract
import Testing

@testable import MsgCommand

/// The output for programs.
@Suite struct JSONTests {
  private static let keys = [
    "host", "id", "session", "session-name", "user", "uid", "state", "reply", "text", "elapsed", "by", "certain",
    "returns", "deferrals", "until", "error", "error-message", "sent", "updated",
  ]

  private func objects(_ run: Run) throws -> [[String: Any]] {
    try run.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test func anObjectPerDelivery() throws {
    let reason = MessengerError(.failed, "no \"answer\"\n")
    let service = FakeService(
      .success([.bob(.acknowledged, reply: "yes"), .bob(.failed, error: reason), .unknown("eve")]))
    let run = Run("*", "--json", "/V", "/W", "hi", service: service)
    let objects = try objects(run)
    #expect(objects.map { Set($0.keys) } == Array(repeating: Set(Self.keys), count: 3))
    #expect(objects.map { $0["user"] as? String } == ["bob", "bob", "eve"])
    #expect(objects.map { $0["session"] as? String } == ["2", "2", nil])
    #expect(objects.map { $0["uid"] as? Int } == [1001, 1001, nil])
    #expect(objects.map { $0["state"] as? String } == ["acknowledged", "failed", "failed"])
    #expect(objects.map { $0["reply"] as? String } == ["yes", nil, nil])
    #expect(objects[1]["error"] as? String == "org.msgd.Error.Failed")
    #expect(objects[1]["error-message"] as? String == "no \"answer\"\n")
    #expect(objects[0]["host"] as? String == "here" && objects[0]["id"] as? Int == 1)
    #expect(objects[0]["sent"] as? String == "2026-11-21T06:15:21Z")
    #expect(run.status == .notReached)
    #expect(run.errors.isEmpty)
  }

  @Test func keysStandInTheirOrder() throws {
    let line = Run("bob", "--json", "hi").output
    let places = try Self.keys.map { try #require(line.range(of: "\"\($0)\": ")?.lowerBound) }
    #expect(places == places.sorted())
  }

  @Test func anObjectPerRecipientWhereNobodyCanBeAsked() throws {
    let world = Run.World(remote: [
      "pc1": FakeService(.success([.bob(.shown)])),
      "pc2": FakeService(.failure(ClientError.serviceLost(reason: "gone"))),
    ])
    let run = Run("bob,eve", "/SERVER:pc1,pc2", "--json", "hi", in: world)
    let objects = try objects(run)
    let failed = objects.filter { $0["host"] as? String == "pc2" }
    #expect(objects.count == 3)
    #expect(failed.map { $0["user"] as? String } == ["bob", "eve"])
    #expect(failed.allSatisfy { $0["state"] as? String == "failed" && $0["id"] is NSNull })
    #expect(run.errors.contains("gone"))
  }

  @Test(arguments: [2, 11, 12, 30]) func eachRecipientHasItsOwnReason(_ count: Int) throws {
    let names = ["cid"] + (2...count).map { "x\($0)" }
    let lines = ["cid is not on a desktop"] + names.dropFirst().map { "\($0) does not exist or is disconnected" }
    let told = count > 11 ? lines.prefix(10) + ["and \(count - 10) more"] : lines[...]
    let service = FakeService(.failure(MessengerError(.noSession, told.joined(separator: "\n"))))
    let objects = try objects(Run(names.joined(separator: ","), "--json", "hi", service: service))
    #expect(objects.map { $0["user"] as? String } == names)
    #expect(objects.prefix(10).map { $0["error-message"] as? String } == Array(lines.prefix(10)))
    #expect(
      objects.prefix(10).map { $0["error"] as? String }
        == ["org.msgd.Error.NoSession"] + (2...max(2, min(count, 10))).map { _ in "org.msgd.Error.NoSuchRecipient" })
    #expect(objects.allSatisfy { $0["error-message"] as? String != "and \(count - 10) more" })
  }

  @Test func escapesWhatJSONAndTerminalsDemand() throws {
    let text = "a\"b\\c\n\t\u{1B}[2J\u{9B}\u{2028}é👋"
    let line = JSONObject(["text": .text(text), "none": .null, "flag": .boolean(true), "half": .decimal(0.5)]).line
    #expect(line.unicodeScalars.allSatisfy { CharacterPolicy.terminalLine.admits($0) })
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(object["text"] as? String == text)
    #expect(object["none"] is NSNull && object["flag"] as? Bool == true && object["half"] as? Double == 0.5)
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (951_827_696, "2000-02-29T12:34:56Z"), (4_102_444_799, "2099-12-31T23:59:59Z"),
  ])
  func writesTimesInUTC(_ seconds: Int, _ text: String) {
    #expect(Timestamp(seconds: seconds).text == text)
  }
}
