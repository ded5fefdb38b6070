import GBus
import MessengerContract
import Testing

@testable import MessengerService

struct QuotaTests {
  private static let root = Caller(busName: ":1.0", uid: 0)
  private static let ann = Caller(busName: ":1.1", uid: 1)
  private static let bob = Caller(busName: ":1.2", uid: 2)
  private let start = Deadline.now

  private static func limits(_ change: (inout Limits) -> Void) -> Limits {
    var limits = Limits()
    change(&limits)
    return limits
  }

  /// Sends a number of messages, each answered at once.
  private func send(_ count: Int, by caller: Caller, in quota: inout Quota) throws {
    for _ in 0..<count {
      try quota.beginSending(by: caller, at: start)
      quota.endSending(by: caller)
    }
  }

  @Test func messagesAreCountedForEachSender() throws {
    var quota = Quota(Self.limits { ($0.messagesPerMinute, $0.burst) = (5, 2) })
    try send(2, by: Self.ann, in: &quota)
    let error = try #require(throws: MessengerError.self) { try quota.beginSending(by: Self.ann, at: start) }
    #expect(error.code == .limitExceeded)
    #expect(
      error.message
        == "too many messages (MessagesPerMinute=5, Burst=2): try again in 12 s")
    // The same user on another connection.
    #expect(throws: error) { try quota.beginSending(by: Caller(busName: ":1.9", uid: 1), at: start) }
    try send(2, by: Self.bob, in: &quota)
    try quota.beginSending(by: Self.ann, at: start + .seconds(12))
  }

  @Test func callsAreCountedForEachSender() throws {
    var quota = Quota(Self.limits { $0.callsPerMinute = 60 })
    for _ in 0..<6 { try quota.call(by: Self.ann, at: start) }
    let error = try #require(throws: MessengerError.self) { try quota.call(by: Self.ann, at: start) }
    #expect(error.code == .limitExceeded)
    #expect(error.message == "too many calls (CallsPerMinute=60): try again in 1 s")
    try quota.call(by: Self.bob, at: start)
    try quota.call(by: Self.ann, at: start + .seconds(1))
  }

  @Test func bytesOfAnswersAreCountedForEachSender() throws {
    var quota = Quota(Limits())
    let mebibyte = 1 << 20
    for _ in 0..<8 { try quota.answer(to: Self.ann, of: mebibyte, at: start) }
    let error = try #require(throws: MessengerError.self) { try quota.answer(to: Self.ann, of: mebibyte, at: start) }
    #expect(error.code == .limitExceeded)
    #expect(
      error.message == "too much to answer in a short time, the last of it 1048576 bytes: try again in 30 s")
    // Refusals have room of their own, but it is limited too.
    for _ in 0..<4 { try quota.answer(to: Self.ann, of: 1024, at: start) }
    #expect(throws: MessengerError.self) { try quota.answer(to: Self.ann, of: 1, at: start) }
    for caller in [Self.bob, Self.root] { try quota.answer(to: caller, of: 8 * mebibyte, at: start) }
    try quota.answer(to: Self.root, of: mebibyte, at: start)
    try quota.answer(to: Self.ann, of: mebibyte, at: start + .seconds(31))
  }

  @Test func waitingCallsAreCountedForEachSender() throws {
    var quota = Quota(Self.limits { $0.waitingCallsPerSender = 2 })
    for _ in 0..<2 { try quota.beginSending(by: Self.ann, at: start) }
    let error = try #require(throws: MessengerError.self) { try quota.beginSending(by: Self.ann, at: start) }
    #expect(
      error.message
        == "too many messages that wait for an answer (WaitingCallsPerSender=2): try again when one is answered")
    try quota.beginSending(by: Self.bob, at: start)
    quota.endSending(by: Self.ann)
    try quota.beginSending(by: Self.ann, at: start)
  }

  @Test func popupsAreCountedForEachSender() throws {
    var quota = Quota(Self.limits { $0.openPopupsPerSender = 3 })
    #expect(try quota.open(by: Self.ann, at: [10, 11], at: start).isEmpty)
    let error = try #require(throws: MessengerError.self) { try quota.open(by: Self.ann, at: [10, 12], at: start) }
    #expect(error.code == .limitExceeded)
    #expect(
      error.message
        == "too many open popups of yours: 2, and 2 more (OpenPopupsPerSender=3): try again when some are closed")
    #expect(try quota.open(by: Self.bob, at: [10, 11, 12], at: start).isEmpty)
    #expect(try quota.open(by: Self.ann, at: [12], at: start).isEmpty)
    for recipient: UInt32 in [10, 11] { quota.close(by: Self.ann, at: recipient) }
    #expect(try quota.open(by: Self.ann, at: [10, 12], at: start).isEmpty)
  }

  @Test func popupsAreCountedForEachRecipientWhoeverSends() throws {
    var quota = Quota(Self.limits { $0.openPopupsPerRecipient = 2 })
    #expect(try quota.open(by: Self.root, at: [10, 11], at: start).isEmpty)
    #expect(try quota.open(by: Self.ann, at: [10], at: start).isEmpty)
    #expect(try quota.open(by: Self.bob, at: [10, 11, 12], at: start) == [10: .ofAll])
    #expect(try quota.open(by: Self.ann, at: [10, 11, 12], at: start) == [10: .ofAll, 11: .ofAll])
    #expect(
      quota.error(of: .ofAll, at: "ann").message
        == "ann has too many open popups (OpenPopupsPerRecipient=2): try again when some are closed")
    quota.close(by: Self.root, at: 10)
    #expect(try quota.open(by: Self.bob, at: [10], at: start).isEmpty)
  }

  @Test func aSenderHasAShareAtEachRecipient() throws {
    var quota = Quota(Self.limits { ($0.openPopupsPerRecipient, $0.openPopupsPerSenderAtRecipient) = (3, 2) })
    for _ in 0..<2 { #expect(try quota.open(by: Self.ann, at: [10, 11], at: start).isEmpty) }
    #expect(try quota.open(by: Self.ann, at: [10, 12], at: start) == [10: .ofSender])
    #expect(
      quota.error(of: .ofSender, at: "eve").message
        == "eve has too many open popups of yours (OpenPopupsPerSenderAtRecipient=2): try again when some are closed")
    #expect(try quota.open(by: Self.bob, at: [10], at: start).isEmpty)
    #expect(try quota.open(by: Self.bob, at: [10], at: start) == [10: .ofAll])
    quota.close(by: Self.ann, at: 10)
    #expect(try quota.open(by: Self.ann, at: [10], at: start).isEmpty)
  }

  @Test func placesAreKeptForOneselfAndRoot() throws {
    var quota = Quota(Self.limits { ($0.openPopupsPerRecipient, $0.openPopupsPerSenderAtRecipient) = (2, 1) })
    let eve = Caller(busName: ":1.3", uid: 3)
    for other in [Self.ann, Self.bob] { #expect(try quota.open(by: other, at: [eve.uid], at: start).isEmpty) }
    for _ in 0..<2 { #expect(try quota.open(by: eve, at: [eve.uid], at: start).isEmpty) }
    // Popups to oneself are limited too, and take no places from others.
    #expect(try quota.open(by: eve, at: [eve.uid], at: start) == [eve.uid: .ofAll])
    quota.close(by: Self.ann, at: eve.uid)
    #expect(try quota.open(by: Self.ann, at: [eve.uid], at: start).isEmpty)
    for _ in 0..<9 { #expect(try quota.open(by: Self.root, at: [eve.uid], at: start).isEmpty) }
    quota.close(by: eve, at: eve.uid)
    #expect(try quota.open(by: eve, at: [eve.uid], at: start).isEmpty)
  }

  @Test func eachOnWhoseBehalfAProgramSendsHasAShare() throws {
    var quota = Quota(Self.limits { ($0.openPopupsPerRecipient, $0.openPopupsPerSenderAtRecipient) = (3, 2) })
    for _ in 0..<2 { #expect(try quota.open(by: Self.ann, onBehalfOf: "a@f", at: [2], at: start).isEmpty) }
    #expect(try quota.open(by: Self.ann, onBehalfOf: "a@f", at: [2], at: start) == [2: .ofSender])
    #expect(try quota.open(by: Self.ann, onBehalfOf: "b@f", at: [2], at: start).isEmpty)
    #expect(try quota.open(by: Self.ann, onBehalfOf: "b@f", at: [2], at: start) == [2: .ofAll])
    quota.close(by: Self.ann, onBehalfOf: "a@f", at: 2)
    #expect(try quota.open(by: Self.ann, onBehalfOf: "a@f", at: [2], at: start).isEmpty)
  }

  @Test func refusedPopupsAreNotCounted() throws {
    var quota = Quota(Self.limits { ($0.openPopupsPerSender, $0.openPopupsPerRecipient) = (1, 1) })
    #expect(throws: MessengerError.self) { try quota.open(by: Self.ann, at: [10, 11], at: start) }
    #expect(try quota.open(by: Self.bob, at: [10], at: start).isEmpty)
    #expect(try quota.open(by: Self.ann, at: [10], at: start) == [10: .ofAll])
    #expect(try quota.open(by: Self.ann, at: [11], at: start).isEmpty)
  }

  @Test func rootIsExempt() throws {
    var quota = Quota(
      Limits(
        messagesPerMinute: 1, burst: 1, callsPerMinute: 60, waitingCallsPerSender: 1, openPopupsPerSender: 1,
        openPopupsPerRecipient: 1, openPopupsPerSenderAtRecipient: 1))
    for _ in 0..<100 {
      try quota.call(by: Self.root, at: start)
      try quota.beginSending(by: Self.root, at: start)
      #expect(try quota.open(by: Self.root, at: [10, 11], at: start).isEmpty)
    }
    for _ in 0..<100 {
      quota.endSending(by: Self.root)
      for recipient: UInt32 in [10, 11] { quota.close(by: Self.root, at: recipient) }
    }
    #expect(quota.size == 0)
  }

  @Test func whoIsQuietIsForgotten() throws {
    var quota = Quota(Limits())
    for uid in 1...1000 as ClosedRange<UInt32> {
      try quota.beginSending(by: Caller(busName: ":1.\(uid)", uid: uid), at: start)
    }
    #expect(quota.size == 1000)
    for uid in 2...1000 as ClosedRange<UInt32> { quota.endSending(by: Caller(busName: ":1.\(uid)", uid: uid)) }
    try quota.call(by: Caller(busName: ":1.2000", uid: 2000), at: start + .seconds(2))
    #expect(quota.size == 2)  // the new one, and the one that still waits
  }
}
