import FleetContract
import GBus
import Testing

@testable import RelayService

@Suite struct FairQueueTests {
  private let now = Deadline.now
  private let other = Sample.name("other")

  @Test func withdrawalsComeFirst() {
    var queue = FairQueue(at: now)
    let (message, withdrawal) = (Sample.ticket(1), Sample.ticket(2, .withdraw(Sample.id(1))))
    queue.add(message)
    queue.add(withdrawal)
    #expect(queue.next(at: now) == .ticket(withdrawal))
    #expect(queue.next(at: now) == .ticket(message))
    #expect(queue.next(at: now) == .nothing)
  }

  @Test func aFloodOfWithdrawalsKeepsNobodyElseWaiting() {
    var queue = FairQueue(at: now)
    for number in 0..<100 { queue.add(Sample.ticket(number, .withdraw(Sample.id()))) }
    let important = Sample.ticket(1000, from: other)
    queue.add(important)
    #expect(queue.next(at: now) == .ticket(Sample.ticket(0, .withdraw(Sample.id()))))
    #expect(queue.next(at: now) == .ticket(important))
  }

  @Test func sendersTakeTurns() {
    var queue = FairQueue(at: now)
    let tickets = [Sample.ticket(1), Sample.ticket(2), Sample.ticket(3, from: other)]
    for ticket in tickets { queue.add(ticket) }
    #expect(queue.next(at: now) == .ticket(tickets[0]))
    #expect(queue.next(at: now) == .ticket(tickets[2]))
    #expect(queue.next(at: now) == .ticket(tickets[1]))
  }

  @Test func aFloodWaitsAndOthersDoNot() {
    var queue = FairQueue(at: now)
    for number in 0..<100 { queue.add(Sample.ticket(number)) }
    for _ in 0..<10 { #expect(queue.next(at: now) != .nothing) }
    guard case .wait(let wait) = queue.next(at: now) else {
      Issue.record("it doesn't wait")
      return
    }
    #expect(wait == .seconds(2))
    let important = Sample.ticket(1000, from: other)
    queue.add(important)
    #expect(queue.next(at: now) == .ticket(important))
    #expect(queue.next(at: now + wait) == .ticket(Sample.ticket(10)))
  }

  @Test func questionsWaitForNothing() {
    var queue = FairQueue(at: now)
    for number in 0..<50 { queue.add(Sample.ticket(number, .sessions)) }
    for number in 0..<50 { #expect(queue.next(at: now) == .ticket(Sample.ticket(number, .sessions))) }
  }

  /// Each takes a process that checks its signature, and nobody knows yet who has sent it.
  @Test func aFloodOfQuestionsWaits() {
    var queue = FairQueue(at: now)
    for number in 0..<100 { queue.add(Sample.ticket(number, .sessions)) }
    for _ in 0..<60 { #expect(queue.next(at: now) != .nothing) }
    #expect(queue.next(at: now) == .wait(.seconds(0.5)))
  }

  @Test func allSendersTogetherHaveALimit() {
    var queue = FairQueue(at: now)
    for sender in 0..<10 {
      for number in 0..<5 { queue.add(Sample.ticket(10 * sender + number, from: Sample.name("sender\(sender)"))) }
    }
    var count = 0
    while case .ticket = queue.next(at: now) { count += 1 }
    #expect(count == 20)
  }
}

@Suite struct InboxLimitsTests {
  private let other = Sample.name("other")

  @Test func oneSenderCantFillIt() {
    var limits = InboxLimits()
    for _ in 0..<1000 { #expect(limits.add(Sample.helpdesk, bytes: 100) == nil) }
    #expect(limits.add(Sample.helpdesk, bytes: 100) != nil)
    #expect(limits.add(other, bytes: 100) == nil)
    limits.settle(Sample.helpdesk, bytes: 100)
    #expect(limits.add(Sample.helpdesk, bytes: 100) == nil)
  }

  @Test func bytesCount() {
    var limits = InboxLimits()
    #expect(limits.add(Sample.helpdesk, bytes: 16 << 20) == nil)
    #expect(limits.add(Sample.helpdesk, bytes: 1) != nil)
  }

  @Test func manySendersCantFillIt() {
    var limits = InboxLimits()
    for number in 0..<4 { #expect(limits.add(Sample.name("sender\(number)"), bytes: 16 << 20) == nil) }
    #expect(limits.add(other, bytes: 1) != nil)
  }

  @Test func idsCount() {
    var limits = InboxLimits()
    limits.keptOfSender = 2
    for _ in 0..<2 {
      #expect(limits.add(Sample.helpdesk, bytes: 1) == nil)
      limits.settle(Sample.helpdesk, bytes: 1)
    }
    #expect(limits.add(Sample.helpdesk, bytes: 1) != nil)
    limits.forget(Sample.helpdesk)
    #expect(limits.add(Sample.helpdesk, bytes: 1) == nil)
  }
}

@Suite struct StandstillTests {
  private let start = Deadline.now

  @Test func sleepIsNoticedOnce() {
    var standstill = Standstill(slept: .seconds(10))
    let times: [Duration] = [.seconds(10.5), .seconds(70), .seconds(70)]
    #expect(times.map { standstill.happened(since: nil, now: start, slept: $0) } == [false, true, false])
  }

  @Test func aTimerThatIsLateTellsOfAStop() {
    var standstill = Standstill(slept: .zero)
    let times: [Duration] = [.seconds(1), .seconds(3)]
    #expect(times.map { standstill.happened(since: start, now: start + $0, slept: .zero) } == [false, true])
    let hasHappened = standstill.happened(since: nil, now: start + .seconds(3), slept: .zero)
    #expect(!hasHappened)
  }
}
