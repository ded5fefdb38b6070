import FleetContract
import Foundation
import GBus
import Logging
import MessengerContract
import Synchronization
import Testing

@testable import RelayService

@Suite struct RecordTests {
  private let path = NSTemporaryDirectory() + "relay-\(UUID().uuidString)"

  private func folder() throws -> RecordFolder {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return RecordFolder(path: path + "/messages")
  }

  private func inbox(_ folder: RecordFolder, at time: Int64 = Sample.now) throws -> Inbox {
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    return Inbox(try folder.read(), in: folder, admission: Sample.admission, logger: logger, now: { time })
  }

  @Test func filesAreNamedAfterMessages() {
    let key = Sample.key()
    #expect(MessageKey(file: key.file) == key)
    for file in ["", "x", ".new-\(key.file)-1", key.file + "/", "\(key.id)", "\(key.id)-", "../\(key.file)"] {
      #expect(MessageKey(file: file) == nil, "\(file)")
    }
  }

  @Test func aRecordIsReadBack() throws {
    let folder = try folder()
    var record = MessageRecord(
      Sample.envelope(of: Sample.message()), .init(topic: "t", payload: "{}", signature: "s"), at: Sample.now)
    record.receipt = MachineReceipt(
      id: record.id, at: Sample.now, stage: .sent, deliveries: [Sample.delivery("1", .shown)])
    try folder.write(record)
    #expect(try folder.record(of: record.key) == record)
    #expect(try folder.read().records == [record])
    try folder.remove(record.key)
    #expect(try folder.read().records == [])
  }

  /// An id that is kept for ever would take a place for ever.
  @Test func aRecordIsKeptForAMessagesLongestLife() {
    let far = Sample.message(expires: 1 << 39)
    let record = MessageRecord(
      Sample.envelope(of: far), .init(topic: "t", payload: "{}", signature: "s"), at: Sample.now)
    #expect(record.expires == Sample.now + 8 * 86_400)
  }

  @Test func aMessageComesOnce() throws {
    let folder = try folder()
    let packet = try Sample.packet(Sample.message())
    let first = try inbox(folder)
    #expect(first.take(packet)?.key == Sample.key())
    #expect(first.take(packet) == nil)
    first.settle(Sample.key())
    #expect(first.take(packet) == nil)
    // Neither does it after a crash.
    #expect(try inbox(folder).take(packet) == nil)
    #expect(try folder.read().records.map(\.stage) == [.stored])
  }

  @Test func anIdIsNobodyElses() throws {
    let inbox = try inbox(folder())
    #expect(try inbox.take(Sample.packet(Sample.message(from: Sample.name("other")))) != nil)
    #expect(try inbox.take(Sample.packet(Sample.message())) != nil)
  }

  @Test func aDamagedFileIsNoSecondMessage() throws {
    let folder = try folder()
    #expect(try inbox(folder).take(Sample.packet(Sample.message())) != nil)
    try "{".write(toFile: "\(path)/messages/\(Sample.key().file)", atomically: true, encoding: .utf8)
    #expect(try folder.read().damaged.map(\.key) == [Sample.key()])
    #expect(try inbox(folder).take(Sample.packet(Sample.message())) == nil)
  }

  @Test func idsAreKeptUntilNobodyCanUseThem() throws {
    let folder = try folder()
    let before = try inbox(folder)
    #expect(try before.take(Sample.packet(Sample.message())) != nil)
    #expect(before.outlived() == [])
    #expect(!before.isEmpty)
    let after = try inbox(folder, at: Sample.now + 60 + 3601)
    #expect(after.outlived() == [Sample.key()])
    _ = after.forget(outlived: [Sample.key()])
    #expect(!after.knows(Sample.key()) && after.isEmpty)
  }

  /// A clock that ran ahead is right again, and the broker repeats what it has seen.
  @Test func whatIsForgottenIsKnownToBeSo() throws {
    let folder = try folder()
    let before = try inbox(folder)
    #expect(try before.take(Sample.packet(Sample.message())) != nil)
    #expect(try before.take(Sample.packet(Sample.message(1, from: Sample.name("unchecked")))) != nil)
    before.settle(Sample.key())
    try folder.write(before.forget(outlived: [Sample.key(), Sample.key(1, Sample.name("unchecked"))]))
    let after = try inbox(folder)
    for inbox in [before, after] {
      #expect(inbox.mayHaveForgotten(record(Sample.message(2))))
      #expect(!inbox.mayHaveForgotten(record(Sample.message(2, sent: Sample.now + 1))))
      #expect(!inbox.mayHaveForgotten(record(Sample.message(2, from: Sample.name("unchecked")))))
    }
    #expect(try folder.read().damaged.isEmpty)
    // A machine whose file of that is damaged goes on, and says so.
    try "{".write(toFile: "\(path)/messages/forgotten", atomically: true, encoding: .utf8)
    #expect(try folder.read().forgottenDamage?.hasPrefix("forgotten: ") == true)
  }

  private func record(_ message: FleetMessage) -> MessageRecord {
    MessageRecord(Sample.envelope(of: message), .init(topic: "t", payload: "{}", signature: "s"), at: Sample.now)
  }
}

@Suite struct KnownDeliveriesTests {
  @Test func changesTakeTheirPlaces() {
    var known = KnownDeliveries([Sample.delivery("1", .shown), Sample.delivery("2", .pending)])
    known.note([Sample.delivery("2", .shown), Sample.delivery("1", .acknowledged)])
    #expect(known.all.map(\.state) == [.acknowledged, .shown] && !known.isFinal)
    known.note([Sample.delivery("2", .dismissed)])
    #expect(known.isFinal)
  }

  @Test func whatIsFinalStays() {
    var known = KnownDeliveries([Sample.delivery("1", .acknowledged)])
    known.note([Sample.delivery("1", .shown)])
    #expect(known.all.map(\.state) == [.acknowledged])
  }

  @Test func aHeldMessageFindsItsSession() {
    var known = KnownDeliveries([Sample.delivery("", .held), Sample.delivery("", .held, user: "bob", uid: 1001)])
    known.note([Sample.delivery("7", .shown, user: "bob", uid: 1001)])
    #expect(known.all.map(\.sessionID) == ["", "7"])
    known.note([Sample.delivery("", .expired)])
    #expect(known.all.map(\.state) == [.expired, .shown])
  }
}

@Suite struct SendFailureTests {
  @Test func msgdsErrorsAreWordForWord() {
    let failure = SendFailure(MessengerError(.noSession, "alice is on no desktop"))
    #expect(failure.stage == .refused && failure.error == MessengerError(.noSession, "alice is on no desktop"))
  }

  @Test func nothingIsGuessed() {
    let prefix = "org.freedesktop.DBus.Error."
    #expect(SendFailure(BusError.timedOut).stage == .unknown)
    #expect(SendFailure(BusError.closed).stage == .unknown)
    #expect(SendFailure(BusError.remote(name: prefix + "NoReply", message: "")).stage == .unknown)
    #expect(SendFailure(BusError.remote(name: prefix + "ServiceUnknown", message: "")).error.code == .unavailable)
    #expect(SendFailure(BusError.remote(name: prefix + "AccessDenied", message: "")).error.code == .notAuthorized)
  }
}
