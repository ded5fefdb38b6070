import GBus
import MessengerProxy
import Testing

@testable import MessengerService

struct LoginSessionContractTests {
  private static func details(_ session: LoginSession) throws -> [String: Value] {
    try #require(Value(session.told(realName: "Ann Smith", machine: "here")).members?[5].dictionary)
  }

  @Test func beginsWithWhoAndWhat() throws {
    let session = LoginSession.test("c1", of: "ann", uid: 7, state: "online", tty: "tty2")
    let members = try #require(Value(session.told(realName: "Ann Smith", machine: "here")).members)
    #expect(members[..<5] == [.string("c1"), .uint32(7), .string("ann"), .string("tty2"), .string("online")])
    #expect(try Self.details(session)["real-name"] == .string("Ann Smith"))
  }

  @Test(arguments: [("", "here"), ("there", "there")])
  func hostIsWhereTheUserSits(_ remoteHost: String, _ host: String) throws {
    #expect(try Self.details(.test(remoteHost: remoteHost))["host"] == .string(host))
  }

  @Test(
    arguments: [
      (1_795_241_721_000_000, "2026-11-21T06:15:21Z"), (1_795_241_721_999_999, "2026-11-21T06:15:21Z"),
      (951_782_400_000_000, "2000-02-29T00:00:00Z"), (1, "1970-01-01T00:00:00Z"), (0, ""),
    ] as [(UInt64, String)]) func creationTimeIsISO8601(_ created: UInt64, _ text: String) throws
  {
    #expect(try Self.details(.test(created: created))["created"] == .string(text))
  }

  @Test func latestTimeHasSomeText() throws {
    let text = try Self.details(.test(created: .max))["created"]?.string
    #expect(text?.hasSuffix("Z") == true)
  }
}
