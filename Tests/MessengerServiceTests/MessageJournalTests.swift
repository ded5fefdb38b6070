import Logging
import MessengerContract
import Synchronization
import Testing
import TestSupport

@testable import GBus
@testable import MessengerService

@Suite(.timeLimit(.minutes(1))) struct MessageJournalTests {
  private static let ann = LoginSession.test("1", uid: 1)
  private static let sender = Caller(busName: ":1.9", uid: 9, pid: 99)

  @MainLoop
  private static func message(_ deliveries: [Delivery]) -> Message {
    Message(
      id: 7, sender: sender,
      content: PopupContent(
        title: "a secret title", body: "a secret body", timeout: nil, urgency: .low, icon: "",
        replies: [Reply(key: "secret-key", label: "secret label")]),
      deliveries: deliveries)
  }

  @Test func messageIsRecordedWithItsSendersUnit() async throws {
    let records = Records()
    await MainLoop.test {
      let journal = MessageJournal(
        logger: records.logger, units: UnitDirectory.ofSender { pid in .objectPath("/u/p\(pid)_2eservice") })
      journal.accepted(Self.message([Delivery(to: Self.ann, timeout: nil)]), to: ["ann", "user:ann"])
      await journal.flush()
    }
    let record = try #require(records.all.first)
    #expect(record.text == "message 7 from uid 9 to ann, user:ann: 1 sessions")
    #expect(
      record.fields == [
        "MESSAGE_ID": "\(JournalRecord.accepted.rawValue)", "MSGD_ID": "7", "MSGD_RECIPIENT": ["ann", "user:ann"],
        "MSGD_SENDER_UID": "9", "MSGD_SENDER_PID": "99", "MSGD_SENDER_UNIT": "p99.service",
      ])
  }

  @Test func whatComesOfAMessageIsRecordedAfterIt() async throws {
    let records = Records()
    let systemd = Once<Value?>()
    await MainLoop.test {
      let journal = MessageJournal(
        logger: records.logger, units: UnitDirectory.ofSender { _ in try? await systemd.value(deadline: .patient) })
      var delivery = Delivery(to: Self.ann, timeout: nil)
      let message = Self.message([delivery, Delivery(failed: .init(recipient: "zoe", error: .noSuchMessage(1)))])
      journal.accepted(message, to: ["ann", "zoe"])
      _ = delivery.enter(.acknowledged, reply: "secret-key", elapsed: 1.5)
      journal.ended(delivery, of: message)
      #expect(records.all.isEmpty)
      systemd.resume(.success(nil))
      await journal.flush()
    }
    #expect(
      records.all.map { $0.fields["MESSAGE_ID"] }
        == [.accepted, .unreached, .final].map { (record: JournalRecord) in "\(record.rawValue)" })
    #expect(records.all[0].fields["MSGD_SENDER_UNIT"] == nil)
    #expect(
      records.all[1].text
        == "message 7 to zoe: failed: there is no message 1: it was never sent, or its record has ended")
    #expect(
      records.all[1].fields == [
        "MESSAGE_ID": "\(JournalRecord.unreached.rawValue)", "MSGD_ERROR": ["org.msgd.Error.NoSuchMessage"],
        "MSGD_ID": "7", "MSGD_RECIPIENT": ["zoe"], "MSGD_SENDER_UID": "9", "MSGD_STATE": "failed",
      ])
    #expect(
      records.all[2].fields == [
        "MESSAGE_ID": "\(JournalRecord.final.rawValue)", "MSGD_ID": "7", "MSGD_ELAPSED_USEC": "1500000",
        "MSGD_SENDER_UID": "9", "MSGD_SESSION": "1", "MSGD_STATE": "acknowledged", "MSGD_UID": "1", "MSGD_USER": "ann",
      ])
    #expect(!"\(records.all)".contains("secret"))
  }

  @Test(
    arguments: [
      (1, "x1: failed: x1 is away"), (2, "x1, x2: failed: they do not exist or are disconnected"),
      (
        999,
        "x1, x2, x3, x4, x5, x6, x7, x8, x9, x10 and 989 more: failed: they do not exist or are disconnected"
      ),
    ]) func recipientsWhoAreNotThereHaveOneRecord(_ count: Int, _ text: String) async throws
  {
    let records = Records()
    await MainLoop.test {
      let journal = MessageJournal(logger: records.logger, units: UnitDirectory.ofSender { _ in nil })
      let failed = (1...count).map {
        Delivery(failed: .init(recipient: "x\($0)", error: MessengerError(.noSuchRecipient, "x\($0) is away")))
      }
      journal.accepted(Self.message(failed), to: (1...count).map { "x\($0)" })
      await journal.flush()
    }
    #expect(records.all.count == 2)
    #expect(records.all[0].text.utf8.count < 200)
    #expect(records.all[1].text == "message 7 to " + text)
  }

  @Test func whatIsHeldHasNotFailed() async {
    let records = Records()
    await MainLoop.test {
      let journal = MessageJournal(logger: records.logger, units: UnitDirectory.ofSender { _ in nil })
      var delivery = Delivery(held: "bob", uid: 2, until: 60, timeout: nil)
      let message = Self.message([delivery])
      journal.accepted(message, to: ["bob"])
      _ = delivery.enter(.expired, elapsed: 60)
      journal.ended(delivery, of: message)
      await journal.flush()
    }
    #expect(
      records.all.map(\.text) == [
        "message 7 from uid 9 to bob: 0 sessions, held for 1", "message 7 to bob: expired",
      ])
  }

  /// A user may open any number of sessions, each of which would have a record for each message.
  @Test func manySessionsOfOneUserHaveOneRecordBesideTheFirst() async {
    let (records, most) = (Records(), FinalDeliveries.mostOfUser)
    await MainLoop.test {
      let journal = MessageJournal(logger: records.logger, units: UnitDirectory.ofSender { _ in nil })
      let sessions = (0..<1000).map { LoginSession.test("\($0)", uid: 1) } + [LoginSession.test("b", of: "bob", uid: 2)]
      let message = Self.message(sessions.map { Delivery(to: $0, timeout: nil) })
      message.onChange = { if $0.state.isFinal { journal.ended($0, of: message) } }
      journal.accepted(message, to: ["*"])
      message.enter(
        .failed, at: Set(sessions.map(\.id)).subtracting(["998", "999"]), reason: .error(.noSuchMessage(1)))
      message.enter(.shown, at: ["998", "999"])
      message.enter(.expired, at: ["999", "998"])
      await journal.flush()
    }
    #expect(records.all.count == 1 + most + 1 + 1)
    #expect(records.all.contains { $0.fields["MSGD_USER"] == "bob" })
    #expect(records.all.last?.text == "message 7 to ann, \(1000 - most) more sessions: failed, expired")
    #expect(
      records.all.last?.fields == [
        "MESSAGE_ID": "\(JournalRecord.final.rawValue)", "MSGD_ID": "7", "MSGD_SENDER_UID": "9",
        "MSGD_STATE": ["failed", "expired"], "MSGD_UID": "1", "MSGD_USER": "ann",
      ])
  }

  @Test(arguments: [true, false]) func aSendersAnswerWaitsForTheSendersUnitAndNotForLong(_ isKnown: Bool) async {
    let records = Records()
    let systemd = Once<Value?>()
    await MainLoop.test {
      let journal = MessageJournal(
        logger: records.logger, units: UnitDirectory.ofSender { _ in try? await systemd.value(deadline: .patient) })
      let message = Self.message([Delivery(to: Self.ann, timeout: nil)])
      journal.accepted(message, to: ["ann"])
      if isKnown { MainLoop.task { systemd.resume(.success(.objectPath("/u/a_2eservice"))) } }
      await journal.identified(senderOf: message)
      #expect(records.all.count == (isKnown ? 1 : 0))
      systemd.resume(.success(nil))
      await journal.identified(senderOf: message)
      await journal.flush()
    }
    #expect(records.all.count == 1)
  }

  @Test func manyRefusalsAreOneRecordAndACount() async {
    let records = Records()
    await MainLoop.test {
      let journal = MessageJournal(logger: records.logger, units: UnitDirectory.ofSender { _ in nil })
      for _ in 0..<100 { journal.refused(Self.sender, MessengerError(.notAuthorized, "not you")) }
      journal.refused(Caller(busName: ":1.8", uid: 8), MessengerError(.limitExceeded, "not so often"))
      journal.refused(Self.sender, MessengerError(.invalidArgument, "no such option"))
      await journal.flush()
    }
    #expect(
      records.all.map(\.text) == [
        "refused uid 9: not you", "refused uid 8: not so often", "refused uid 9 99 more times in 10 seconds",
      ])
    #expect(records.all[0].fields["MSGD_ERROR"] == "org.msgd.Error.NotAuthorized")
    #expect(records.all[0].fields["MSGD_SENDER_PID"] == "99")
  }

  @Test func systemdIsAskedOnceForEachConnection() async {
    let questions = Mutex(0)
    await MainLoop.test {
      let units = UnitDirectory.ofSender { _ in
        questions.withLock { $0 += 1 }
        return .objectPath("/u/a_2escope")
      }
      for _ in 0..<3 { #expect(await units.unit(of: Self.sender) == "a.scope") }
    }
    #expect(questions.withLock(\.self) == 1)
  }

  /// The process may have ended, and a process of another user's unit may have its number.
  @Test(
    arguments: [
      (9, "/u/a_2eservice", .uint32(9), "a.service"), (9, "/u/a_2eservice", .uint32(8), nil),
      (9, "/u/a_2eservice", .uint32(.max), nil), (9, "/u/a_2eservice", nil, nil),
      (9, "/u/session_2d2_2escope", .string("user-9.slice"), "session-2.scope"),
      (9, "/u/session_2d2_2escope", .string("user-8.slice"), nil), (9, "/u/_2d_2eslice", .string("user-9.slice"), nil),
      (0, "/u/a_2eservice", nil, "a.service"), (0, "/u/_2d_2eslice", nil, "-.slice"),
    ] as [(UInt32, String, Value?, String?)])
  func unitIsToldWhereItCanBeNobodyElses(_ uid: UInt32, _ path: String, _ owner: Value?, _ unit: String?) async {
    await MainLoop.test {
      let units = UnitDirectory(find: { _ in .objectPath(path) }, look: { _, _ in owner })
      #expect(await units.unit(of: Caller(busName: ":1.1", uid: uid, pid: 1)) == unit)
    }
  }

  @Test func aCrowdBeforeSystemdIsSentAway() async {
    let systemd = (0..<8).map { _ in Once<Value?>() }
    await MainLoop.test {
      var next = systemd[...]
      let units = UnitDirectory.ofSender { _ in
        guard let question = next.popFirst() else {
          Issue.record("systemd is asked a ninth question")
          return nil
        }
        return try? await question.value(deadline: .patient)
      }
      let waiting = (0..<8).map { id in
        MainLoop.task { await units.unit(of: Caller(busName: ":2.\(id)", uid: 9, pid: 1)) }
      }
      while !next.isEmpty { await Task.yield() }
      #expect(await units.unit(of: Self.sender) == nil)
      for question in systemd { question.resume(.success(.objectPath("/u/a_2eservice"))) }
      for task in waiting { #expect(await task.value == "a.service") }
    }
  }
}

extension UnitDirectory {
  /// Units that belong to the sender.
  @MainLoop
  fileprivate static func ofSender(_ find: @escaping Find) -> UnitDirectory {
    UnitDirectory(find: find) { _, ownership in ownership.value(for: 9) }
  }
}
