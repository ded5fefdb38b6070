import GBus
import TestSupport
import Testing

@testable import MessengerService

/// What the machine's own name service says; it has a root everywhere.
@Suite(.timeLimit(.minutes(1))) struct UserDatabaseTests {
  private static let users = UserDatabase(patience: .seconds(20))
  private static let root = User(uid: 0, gid: 0, name: "root", runtimePath: "")
  private static let stranger = User(uid: 4_000_000_001, gid: 4_000_000_001, name: "no-such-user", runtimePath: "")

  @Test(arguments: [(0, "root"), (4_000_000_001, nil)] as [(UInt32, String?)])
  func namesAreFound(_ uid: UInt32, _ name: String?) async {
    #expect(await MainLoop.test { await Self.users.name(uid: uid) } == name)
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
