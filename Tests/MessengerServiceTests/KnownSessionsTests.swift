import GBus
import Testing

@testable import MessengerService

/// The knowledge about sessions, however logind's answers and signals overlap.
struct KnownSessionsTests {
  private static let ann = User(uid: 1, gid: 1, name: "ann", runtimePath: "")
  private static let seat = "/seat/seat0"

  private static func properties(_ state: String, active: Bool, locked: Bool = false) -> [String: Value] {
    [
      "State": .string(state), "Active": .boolean(active), "LockedHint": .boolean(locked),
      "Seat": .structure([.string("seat0"), .objectPath(seat)]),
    ]
  }

  /// Sessions that have been read, in this order.
  private static func known(_ sessions: (String, [String: Value])...) -> KnownSessions {
    var known = KnownSessions()
    for (id, properties) in sessions {
      begin(id, in: &known)
      _ = known.ask(id)
      _ = known.answer(id, at: "/\(id)", properties, user: ann)
    }
    return known
  }

  private static func begin(_ id: String, in known: inout KnownSessions) {
    let isNew = known.add(id, at: "/\(id)")
    #expect(isNew)
  }

  private static func states(_ known: KnownSessions) -> [String: String] {
    Dictionary(uniqueKeysWithValues: known.logins.map { ($0.id, $0.state.name) })
  }

  @Test func aSeatShowsOneSession() {
    var known = Self.known(
      ("1", Self.properties("active", active: true)), ("2", Self.properties("online", active: false)))
    known.show("2", at: Self.seat)
    #expect(Self.states(known) == ["1": "online", "2": "active"])
    known.show("1", at: "/seat/other")
    #expect(Self.states(known) == ["1": "online", "2": "active"])
    known.show("", at: Self.seat)
    #expect(Self.states(known) == ["1": "online", "2": "online"])
  }

  /// The answer was written before the signal, but is handled after it.
  @Test func whatIsSignalledMeanwhileIsNewer() {
    var known = Self.known()
    Self.begin("1", in: &known)
    _ = known.ask("1")
    _ = known.change("1", ["LockedHint": .boolean(true)])
    known.show("1", at: Self.seat)
    _ = known.answer("1", at: "/1", Self.properties("online", active: false), user: Self.ann)
    #expect(Self.states(known) == ["1": "active"])
    #expect(known.logins[0].isLocked)

    _ = known.ask("1")
    known.show("2", at: Self.seat)
    _ = known.answer("1", at: "/1", ["State": .string("active")])
    #expect(Self.states(known) == ["1": "online"])

    // A signal before the question is older than the answer.
    _ = known.ask("1")
    _ = known.answer("1", at: "/1", ["State": .string("active")])
    #expect(Self.states(known) == ["1": "active"])
  }

  @Test func unlockingIsTold() {
    var known = Self.known(("1", Self.properties("active", active: true, locked: true)))
    let changes: [[String: Value]] = [
      ["IdleHint": .boolean(true)], ["LockedHint": .boolean(false)], ["LockedHint": .boolean(false)],
    ]
    let unlocked = changes.map { known.change("1", $0)?.id }
    #expect(unlocked == [nil, "1", nil])
  }

  @Test func whatCannotBeReadIsDoubtfulUntilItIs() {
    var known = Self.known(("1", Self.properties("active", active: true)))
    Self.begin("2", in: &known)
    for id in ["1", "2"] {
      _ = known.ask(id)
      _ = known.answer(id, at: "/\(id)", nil, trouble: "it hangs")
    }
    #expect(known.doubtful == ["2": "it hangs"])
    #expect(known.troubles.keys.sorted() == ["1", "2"])
    #expect(Self.states(known) == ["1": "active"])
    _ = known.ask("2")
    _ = known.answer("2", at: "/2", Self.properties("online", active: false), user: Self.ann)
    #expect(known.doubtful.isEmpty && known.troubles == ["1": "it hangs"])
    _ = known.remove("1")
    #expect(known.troubles.isEmpty && Self.states(known) == ["2": "online"])
  }

  /// Its class isn't known when it begins.
  @Test(arguments: ["manager", "manager-early"]) func aServiceManagerIsNoSession(_ sessionClass: String) {
    let manager = Self.properties("active", active: true, locked: true).merging(["Class": .string(sessionClass)]) { $1 }
    var known = Self.known(("1", manager), ("2", Self.properties("active", active: true)))
    #expect(known.logins.map(\.id) == ["2"])
    // It isn't new whenever logind lists it.
    #expect(known.all == ["1", "2"])

    _ = known.ask("1")
    _ = known.answer("1", at: "/1", nil, trouble: "it hangs")
    let unlocked = known.change("1", ["LockedHint": .boolean(false)])
    #expect(known.troubles.isEmpty && known.doubtful.isEmpty && unlocked == nil)
    let removed = known.remove("1")
    #expect(removed == nil && known.all == ["2"])
  }

  @Test func aSessionMayChangeItsClass() {
    var known = Self.known(("1", ["Class": .string("manager")]))
    _ = known.change("1", ["Class": .string("user")])
    #expect(known.logins.map(\.id) == ["1"])
  }

  @Test func whatHasEndedIsNoMore() {
    var known = Self.known(("1", Self.properties("active", active: true)))
    _ = known.ask("1")
    let removed = [known.remove("1"), known.remove("1")].map { $0?.id }
    #expect(removed == ["1", nil])
    _ = known.answer("1", at: "/1", Self.properties("active", active: true), user: Self.ann)
    #expect(known.logins.isEmpty && known.path(of: "1") == nil && known.id(at: "/1") == nil)
  }

  @Test func aSessionIsThereOnceWhereverItsObjectIs() {
    var known = Self.known(("1", Self.properties("active", active: true)))
    let isNew = [known.add("1", at: "/1"), known.add("1", at: "/new")]
    #expect(isNew == [false, true])
    #expect(known.id(at: "/1") == nil && known.id(at: "/new") == "1" && known.logins.isEmpty)
  }
}
