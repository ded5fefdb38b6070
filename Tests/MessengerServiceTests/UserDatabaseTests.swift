import Foundation
import GBus
import TestSupport
import Testing

@testable import MessengerService

/// The machine's own name service, which has a root everywhere.
@Suite(.timeLimit(.minutes(1))) struct UserDatabaseTests {
  private static let users = UserDatabase(timeout: .seconds(20))
  private static let root = User(uid: 0, gid: 0, name: "root", runtimePath: "")
  private static let stranger = User(uid: 4_000_000_001, gid: 4_000_000_001, name: "no-such-user", runtimePath: "")

  @Test(arguments: [(0, "root"), (4_000_000_001, nil)] as [(UInt32, String?)])
  func namesAreFound(_ uid: UInt32, _ name: String?) async {
    #expect(await MainLoop.test { await Self.users.name(uid: uid) } == name)
  }

  @Test func realNamesAreThoseOfTheDatabase() async throws {
    let entries = try String(contentsOfFile: "/etc/passwd", encoding: .utf8).split(separator: "\n")
    let fields = entries.map { $0.split(separator: ":", omittingEmptySubsequences: false) }
    let root = try #require(fields.first { $0[2] == "0" })
    let names = await MainLoop.test { await Self.users.realNames(of: [0, 4_000_000_001]) }
    #expect(names == [0: UserDatabase.realName(inField: String(root[4]))])
  }

  @Test(arguments: [("Ann Smith", "Ann Smith"), ("Ann,Room 1,555,,", "Ann"), (",,,", ""), ("", "")])
  func realNameIsTheFirstPart(_ field: String, _ name: String) {
    #expect(UserDatabase.realName(inField: field) == name)
  }

  @Test(arguments: [("root", ["root"]), ("no-such-group", []), ("", [])] as [(String, Set<String>)])
  func membersAreFound(_ group: String, _ members: Set<String>) async {
    let found = await MainLoop.test { await Self.users.members(ofGroup: group, among: [Self.root, Self.stranger]) }
    #expect(found == members)
  }

  @Test func primaryGroupCountsForAUserWithoutAnEntry() async {
    let user = User(uid: 4_000_000_001, gid: 0, name: "no-such-user", runtimePath: "")
    #expect(await MainLoop.test { await Self.users.members(ofGroup: "root", among: [user]) } == ["no-such-user"])
  }

  @Test func nobodyIsInAGroupAmongNobody() async {
    #expect(await MainLoop.test { await Self.users.members(ofGroup: "root", among: []) }.isEmpty)
  }
}
