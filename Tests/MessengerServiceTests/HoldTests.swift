import Foundation
import GBus
import Logging
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

/// Messages that are held until their users come, without a bus.
@Suite(.timeLimit(.minutes(1))) struct HoldTests {
  private static let now: UInt64 = 1_795_241_721
  private static let content = PopupContent(
    title: "", body: "b", timeout: nil, urgency: .critical, icon: "", replies: [], sender: "root")

  /// A message that is held for a user, and for whoever comes.
  @MainLoop
  private static func message(until: UInt64 = now + 60) -> (Message, Recorder<Delivery>) {
    let deliveries = [
      Delivery(held: "bob", uid: 1002, until: until, timeout: nil),
      Delivery(held: "*", uid: Messenger.noUID, until: until, timeout: nil),
    ]
    let message = Message(
      id: 7, sender: Caller(busName: ":1.1", uid: 0), content: content, deliveries: deliveries,
      hold: Hold(of: deliveries, until: until))
    let changes = Recorder<Delivery>()
    message.onChange = { changes.record($0) }
    return (message, changes)
  }

  private static let bob = LoginSession.test("1", of: "bob", uid: 1002)
  private static let carol = LoginSession.test("2", of: "carol", uid: 1003)

  // MARK: Deliveries

  @Test func aDeliveryGetsASessionWhenItsUserComes() async {
    await MainLoop.test {
      let (message, changes) = Self.message()
      #expect(message.isAtRest && !message.isFinal && message.awaits(1002) && message.awaits(1003))
      #expect(message.mayCome(1002, isOneOfMany: true))
      message.come(Self.bob)
      #expect(!message.mayCome(1002, isOneOfMany: true))  // it is on its way
      message.enter(.shown, at: ["1"])
      message.enter(.acknowledged, at: ["1"])
      #expect(changes.elements.map(\.state) == [.pending, .shown, .acknowledged])
      #expect(changes.elements.allSatisfy { $0.sessionID == "1" && $0.details.until == nil })
      #expect(!message.awaits(1002) && !message.mayCome(1002, isOneOfMany: true))
      #expect(message.hold?.served == [1002])
    }
  }

  @Test func whoeverComesGetsADeliveryOfTheirOwn() async {
    await MainLoop.test {
      let (message, _) = Self.message()
      #expect(!message.mayCome(1003, isOneOfMany: false))
      #expect(message.mayCome(1003, isOneOfMany: true))
      message.come(Self.carol)
      message.enter(.dismissed, at: ["2"])
      #expect(message.deliveries.map(\.userName) == ["bob", "*", "carol"])
      #expect(message.deliveries.map(\.state) == [.held, .held, .dismissed])
      #expect(!message.isFinal && message.hold?.served == [1003])
    }
  }

  @Test(arguments: [DeliveryState.failed, .suppressed, .withdrawn])
  func whatCannotBeShownIsHeldAgain(_ state: DeliveryState) async {
    await MainLoop.test {
      let (message, changes) = Self.message()
      message.come(Self.bob)
      message.enter(state, at: ["1"], reason: .doNotDisturb)
      let last = changes.elements.last
      #expect(last?.state == .held && last?.sessionID == "" && last?.details.until == Self.now + 60)
      #expect(last?.details.error?.message == NotificationServerError.quiet)
      #expect(message.isAtRest && message.mayCome(1002, isOneOfMany: true))
    }
  }

  @Test func aSessionThatEndsBeforeAnAnswerIsWaitedForAgain() async {
    await MainLoop.test {
      let (message, _) = Self.message()
      message.come(Self.bob)
      message.sessionEnded("1")
      #expect(message.deliveries[0].state == .held)
      message.come(Self.bob)
      message.enter(.shown, at: ["1"])
      message.sessionEnded("1")
      #expect(message.deliveries[0].state == .held)
    }
  }

  /// When a machine goes down, notification servers leave before msgd does. One that crashes each time isn't tried for
  /// days.
  @Test func aNotificationServerThatLeavesIsTriedAgainThreeTimes() async {
    await MainLoop.test {
      let (message, _) = Self.message()
      for state in [DeliveryState.held, .held, .held, .failed] {
        message.come(Self.bob)
        message.enter(.shown, at: ["1"])
        message.enter(.failed, at: ["1"], reason: .serverLeft)
        #expect(message.deliveries[0].state == state)
      }
    }
  }

  @Test func theSendersWithdrawalEndsAll() async {
    await MainLoop.test {
      let (message, _) = Self.message()
      message.withdraw()
      #expect(message.isFinal && message.deliveries.allSatisfy { $0.state == .withdrawn && !$0.isReached })
      #expect(!message.mayCome(1002, isOneOfMany: true))
    }
  }

  @Test func theEndOfItsTimeLeavesAPopupAlone() async {
    await MainLoop.test {
      let (message, _) = Self.message()
      message.come(Self.bob)
      message.enter(.shown, at: ["1"])
      message.endHold(with: .expired)
      #expect(message.deliveries.map(\.state) == [.shown, .expired])
      message.enter(.failed, at: ["1"])
      #expect(message.deliveries.map(\.state) == [.failed, .expired] && message.isFinal)
    }
  }

  @Test func aUserWhoIsGoneEndsTheirs() async {
    await MainLoop.test {
      let (message, changes) = Self.message()
      message.endHold(of: 1002, because: .userGone)
      #expect(changes.elements.map(\.state) == [.failed] && changes.elements[0].details.error?.code == .noSuchRecipient)
      #expect(message.deliveries[1].state == .held)
    }
  }

  // MARK: Recipients

  @Test func recipientsAreUsers() {
    let words = ["bob", "user:tty2", "BOB", "tty1", "id:3", "session::0", "group:staff", "*", "c*", "user:bob"]
    #expect(HeldRecipients(["root"], uids: ["root": 0]).objection?.code == .noSession)
    let found = HeldRecipients(words, uids: ["bob": 1002, "tty2": 1005], groups: ["staff"])
    #expect(found.found.map(\.name) == ["bob", "tty2", "group:staff", "*", "c*"])
    #expect(found.found.map(\.uid) == [1002, 1005, Messenger.noUID, Messenger.noUID, Messenger.noUID])
    #expect(found.failures.map(\.recipient) == ["BOB", "tty1", "id:3", "session::0"])
    let codes = found.failures.map(\.error.code)
    #expect(codes == [.noSuchRecipient, .invalidArgument, .invalidArgument, .invalidArgument])
    #expect(found.objection == nil)
    let none = HeldRecipients(["session:*", "id:?", "group:nobodys"], uids: [:], groups: ["staff"])
    #expect(
      none.found.isEmpty && none.failures.map(\.error.code) == [.invalidArgument, .invalidArgument, .noSuchRecipient])
    #expect(HeldRecipients(["BOB", "id:3"], uids: [:]).objection?.code == .noSuchRecipient)
  }

  @Test func wordsForManyMeanUsersByName() {
    let user = Self.bob.user
    let groups: [String: Set<String>] = ["staff": ["bob"]]
    #expect(["*", "b*", "user:?ob", "group:staff"].allSatisfy { HeldRecipients.means($0, user, groups: groups) })
    #expect(!["bob", "c*", "group:wheel"].contains { HeldRecipients.means($0, user, groups: groups) })
  }

  // MARK: Files

  @Test(arguments: ["bob", "*", "group:staff", "a.b", "jörg", "user:x*", "%41", "a b/c"])
  func aFileIsNamedByWhatFindsIt(_ recipient: String) {
    let entry = HeldEntry(id: 1_795_241_721_000, until: 99, sender: 1001, recipient: recipient)
    #expect(entry.fileName.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") })
    #expect(HeldEntry(fileName: entry.fileName) == entry)
  }

  @Test(arguments: ["", "1", "1.2.3", "1.2.3.", "01.2.3.a", "1.2.-3.a", "a.2.3.b", "1.2.3.%4", "1.2.3.*", "1.2.3.%FF"])
  func otherNamesAreNone(_ name: String) { #expect(HeldEntry(fileName: name) == nil) }

  @Test func aFileHasTheWholeMessage() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "held-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let folder = HeldFolder(path: path)
    let entry = HeldEntry(id: 7, until: 99, sender: 0, recipient: "*")
    let kept = KeptMessage(
      id: 7, sender: 0, sent: 5, content: Self.content,
      hold: .init(recipient: "*", uid: Messenger.noUID, until: 99, served: [1002, 1003]))
    #expect(try folder.read() == HeldFolder.Content())
    try folder.write(kept, as: entry)
    #expect(try folder.read().entries == [entry])
    #expect(try folder.message(entry) == kept)
    // A file under another name is not taken.
    let other = HeldEntry(id: 7, until: 99, sender: 1001, recipient: "*")
    try FileManager.default.moveItem(atPath: "\(path)/\(entry.fileName)", toPath: "\(path)/\(other.fileName)")
    #expect(throws: MessengerError.self) { try folder.message(other) }
    try folder.remove(other)
    #expect(try folder.read().entries.isEmpty)
  }

  // MARK: Tries

  @Test func aUserIsTriedAgainUntilItWorks() async {
    await MainLoop.test {
      let arrivals = Arrivals()
      let tries = Recorder<UInt32>()
      arrivals.onTry = { uid in
        tries.record(uid)
        return tries.elements.count < 3 ? .again : .done
      }
      await arrivals.come(1002)
      await tries.wait(for: 3)
      arrivals.stop()
      await arrivals.come(1002)
      #expect(tries.elements.count == 3)
    }
  }

  @Test func manyChangesAreFewTries() async {
    await MainLoop.test {
      let arrivals = Arrivals()
      let tries = Recorder<Deadline>()
      arrivals.onTry = { _ in
        tries.record(.now)
        for _ in 0..<100 { arrivals.mayHaveCome(1002) }
        return .done
      }
      arrivals.mayHaveCome(1002)
      await tries.wait(for: 4)
      arrivals.stop()
      let times = tries.elements
      #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= .milliseconds(190) })
    }
  }

  @Test func whatChangesDuringATryIsTriedAgain() async {
    await MainLoop.test {
      let arrivals = Arrivals()
      let tries = Recorder<UInt32>()
      arrivals.onTry = { uid in
        tries.record(uid)
        if tries.elements.count == 1 { MainLoop.task { await arrivals.come(uid) } }
        await MainLoop.task {}.value
        return .done
      }
      await arrivals.come(1002)
      #expect(tries.elements.count == 2)
    }
  }
}
