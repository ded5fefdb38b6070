import FleetContract
import Platform
import Testing

@testable import FleetSender

@Suite struct RosterTests {
  private let start = Deadline.now

  private func roster(only: String? = nil, listed: [String]? = nil, waits: Bool = false) -> Roster {
    Roster(
      fleet: name("office"), only: only.map(name), listed: listed?.map(name), waits: waits)
  }

  private func online(_ isOnline: Bool = true, fleets: [String] = []) -> Presence {
    Presence(isOnline: isOnline, since: 7, agentVersion: "1", fleets: fleets.map(name))
  }

  private func name(_ text: String) -> FleetName {
    guard let name = FleetName(text) else { preconditionFailure("\(text) is no name") }
    return name
  }

  /// Three machines that are online and one that is not, for a message that the broker has taken.
  private func published(waits: Bool = false, life: Duration = .seconds(60)) -> Roster {
    var roster = roster(waits: waits)
    for machine in ["a", "b", "c"] { roster.note(online(), of: name(machine)) }
    roster.note(online(false), of: name("d"))
    roster.complete()
    roster.publish(at: start, life: life, stay: .seconds(60))
    return roster
  }

  @discardableResult
  private func answer(
    _ roster: inout Roster, _ machine: String, _ stage: MachineReceipt.Stage = .sent, number: Int = 0,
    isFinal: Bool = false, after delay: Duration = .zero
  ) -> Roster.Verdict {
    roster.note(stage: stage, number: number, isFinal: isFinal, of: name(machine), at: start + delay)
  }

  private func states(_ roster: Roster) -> [String: String] {
    Dictionary(uniqueKeysWithValues: roster.missing.map { ($0.name.description, $0.state.rawValue) })
  }

  @Test func itEndsWhenAllThatAreOnlineHaveAnswered() {
    var roster = published()
    for machine in ["a", "b", "c"] {
      #expect(!roster.isOver(at: start))
      answer(&roster, machine)
    }
    #expect(roster.isOver(at: start) && states(roster) == ["d": "offline"])
  }

  /// An agent that never says its last word keeps nobody waiting for ever.
  @Test func itEndsTenMinutesAfterTheLastPopup() {
    var roster = published(waits: true)
    for machine in ["a", "b", "c"] { answer(&roster, machine) }
    #expect(!roster.isOver(at: start + .seconds(719)))
    #expect(roster.isOver(at: start + .seconds(720)))
  }

  @Test func itNeedsThePresenceOfAll() {
    var roster = roster()
    roster.publish(at: start, life: .seconds(60), stay: .seconds(60))
    #expect(!roster.isOver(at: start))
    roster.complete()
    #expect(roster.isOver(at: start))
  }

  @Test func itWaitsFiveSecondsAtTheMost() {
    var roster = published()
    answer(&roster, "a")
    answer(&roster, "b", .received)
    #expect(!roster.isOver(at: start + .seconds(4.9)) && roster.deadline(at: start) == start + .seconds(5))
    #expect(roster.isOver(at: start + .seconds(5)))
    #expect(states(roster) == ["b": "received", "c": "unknown", "d": "offline"])
  }

  @Test func receiptsComeInAnyOrder() {
    var roster = published()
    #expect(answer(&roster, "a", number: 3) == .pass)
    #expect(answer(&roster, "a", number: 3) == .ignore && answer(&roster, "a", number: 1) == .ignore)
    #expect(answer(&roster, "a", number: 4, isFinal: true) == .pass && answer(&roster, "a", number: 5) == .ignore)
  }

  @Test func aLateMachineCounts() {
    var roster = published()
    #expect(answer(&roster, "d") == .pass && answer(&roster, "new") == .pass)
    #expect(states(roster).keys.sorted() == ["a", "b", "c"] && roster.totals == (5, 0))
  }

  @Test func onlyOneMachineIsAsked() {
    var roster = roster(only: "a")
    roster.publish(at: start, life: .seconds(60), stay: .seconds(60))
    roster.complete()
    #expect(roster.isOver(at: start), "nobody knows it")
    roster.note(online(), of: name("a"))
    roster.note(online(), of: name("b"))
    #expect(!roster.isOver(at: start) && roster.totals == (1, 0))
    #expect(answer(&roster, "b") == .ignore && answer(&roster, "a") == .pass)
    #expect(roster.isOver(at: start))
  }

  @Test func aListSaysWhoShouldAnswer() {
    var roster = roster(listed: ["a", "b"])
    roster.note(online(), of: name("a"))
    roster.note(online(), of: name("z"))
    roster.complete()
    roster.publish(at: start, life: .seconds(60), stay: .seconds(60))
    answer(&roster, "a")
    #expect(roster.isOver(at: start) && states(roster) == ["b": "offline"] && roster.missing[0].since == nil)
  }

  @Test func otherFleetsDoNotCount() {
    var roster = roster()
    roster.note(online(fleets: ["shop"]), of: name("a"))
    roster.note(online(fleets: ["shop", "office"]), of: name("b"))
    roster.note(online(), of: name("c"))
    #expect(roster.machines.keys.sorted() == [name("b"), name("c")])
    roster.note(nil, of: name("c"))
    #expect(roster.machines.keys.sorted() == [name("b")])
  }

  @Test func waitingEndsWithTheLastWord() {
    var roster = published(waits: true)
    for machine in ["a", "b", "c"] { answer(&roster, machine) }
    #expect(!roster.isOver(at: start + .seconds(30)))
    for machine in ["a", "b", "c"] { answer(&roster, machine, number: 1, isFinal: true) }
    #expect(!roster.isOver(at: start + .seconds(61)), "d may still come")
    #expect(roster.isOver(at: start + .seconds(62)))
    answer(&roster, "d", isFinal: true)
    #expect(roster.isOver(at: start))
  }

  @Test func waitingGoesOnForUsersAfterTheEnd() {
    var roster = published(waits: true)
    for machine in ["a", "b", "c"] { answer(&roster, machine, isFinal: machine != "a") }
    #expect(!roster.isOver(at: start + .seconds(700)))
    roster.note(online(false), of: name("a"))
    #expect(roster.isOver(at: start + .seconds(700)) && !roster.isOver(at: start + .seconds(10)))
  }

  @Test func aFloodIsNotRead() {
    var roster = published()
    var verdicts: [Roster.Verdict] = []
    for number in 0..<200 { verdicts.append(answer(&roster, "a", number: number)) }
    #expect(verdicts.count { $0 == .pass } == 100 && verdicts.count { $0 == .flood } == 1)
    #expect(verdicts.suffix(99).allSatisfy { $0 == .ignore })
    answer(&roster, "b")
    answer(&roster, "c")
    #expect(roster.isOver(at: start))
  }

  @Test func manyChangesInALongTimeAreNoFlood() {
    var roster = published(waits: true)
    for number in 0..<1000 {
      #expect(answer(&roster, "a", number: number, after: .seconds(number)) == .pass)
    }
  }

  /// Nothing more is read of a machine that can say nothing new.
  @Test func nobodyHeedsAMachineThatIsOverOrFloods() {
    var roster = published(waits: true)
    #expect(roster.heeds(name("a")) && roster.heeds(name("unknown")))
    answer(&roster, "a", isFinal: true)
    #expect(!roster.heeds(name("a")))
    for number in 0..<200 { answer(&roster, "b", number: number) }
    #expect(!roster.heeds(name("b")) && roster.heeds(name("c")))
  }
}
