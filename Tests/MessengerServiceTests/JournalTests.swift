import GBus
import Glibc
import Logging
import MessengerContract
import Synchronization
import Testing
import TestSupport

@testable import JournalLog
@testable import MessengerService

@Suite(.timeLimit(.minutes(1))) struct JournalTests {
  @Test func valueOfOneLineIsWrittenAsItIs() {
    var entry = JournalEntry()
    entry.append("MESSAGE", "Hello=world")
    #expect(String(decoding: entry.bytes, as: UTF8.self) == "MESSAGE=Hello=world\n")
  }

  @Test func valueOfSeveralLinesHasItsLength() {
    var entry = JournalEntry()
    entry.append("MSGD_RECIPIENT", "a\nMESSAGE=b")
    #expect(entry.bytes == Array("MSGD_RECIPIENT\n".utf8) + [11, 0, 0, 0, 0, 0, 0, 0] + Array("a\nMESSAGE=b\n".utf8))
  }

  @Test(arguments: ["", "lower", "_UID", "1ST", "WITH SPACE", "A=B", String(repeating: "A", count: 65)])
  func fieldThatJournaldWouldNotTakeIsPassedOver(_ name: String) {
    var entry = JournalEntry()
    entry.append(name, "value")
    #expect(entry.bytes.isEmpty)
  }

  @Test func valueIsCutWhereACharacterEnds() {
    var entry = JournalEntry()
    entry.append("A", "x" + String(repeating: "é", count: 1000))
    #expect(String(validating: entry.bytes, as: UTF8.self) == "A=x" + String(repeating: "é", count: 511) + "\n")
  }

  @Test func largestEntryFitsIntoADatagram() throws {
    let journal = try TestJournal()
    var entry = JournalEntry()
    let long = String(repeating: "x", count: 5000)
    for field in JournalField.allCases where field != .recipient { entry.append(field.rawValue, long) }
    entry.append(JournalField.recipient.rawValue, [String](repeating: long, count: 1000))
    #expect(JournalSocket(path: journal.path).send(entry))
    #expect(try journal.receive() == entry.bytes)
  }

  @Test func stoppedJournalIsNotWaitedFor() throws {
    let journal = try TestJournal()
    let socket = JournalSocket(path: journal.path)
    var entry = JournalEntry()
    entry.append("MESSAGE", "x")
    // Linux queues net.unix.max_dgram_qlen of them. The test ends only if the next one is refused at once.
    while socket.send(entry) {}
  }

  @Test func missingJournalTakesNothing() {
    var entry = JournalEntry()
    entry.append("MESSAGE", "x")
    #expect(!JournalSocket(path: "/nowhere/socket").send(entry))
  }

  @Test func recordHasItsFields() throws {
    let journal = try TestJournal()
    let logger = Logger(
      label: "", factory: { _ in JournalLogHandler(program: "msgd", journal: JournalSocket(path: journal.path)) })
    logger.notice(
      "one\ntwo\u{1b}", metadata: ["MSGD_RECIPIENT": .array(["ann", "ben"]), "MSGD_ID": "7", "no field": "x"])
    #expect(
      String(decoding: try journal.receive(), as: UTF8.self)
        == "MESSAGE=one two \nPRIORITY=5\nSYSLOG_IDENTIFIER=msgd\nMSGD_ID=7\nMSGD_RECIPIENT=ann\nMSGD_RECIPIENT=ben\n")
  }

  @Test(
    arguments: [
      ("/org/freedesktop/systemd1/unit/session_2d2_2escope", "session-2.scope"),
      ("/org/freedesktop/systemd1/unit/user_401000_2eservice", "user@1000.service"),
      ("/org/freedesktop/systemd1/unit/a_2", nil), ("/a_zz", nil), ("/a_ff", nil), ("none", nil),
    ] as [(String, String?)])
  func unitIsReadFromItsPath(_ path: String, _ unit: String?) {
    #expect(UnitDirectory.unitName(ofPath: path) == unit)
  }
}

/// A socket in the place of journald's, which only the test reads.
private final class TestJournal {
  let path: String
  private let socket: Int32

  init() throws {
    path = "/tmp/journal-\(UInt64.random(in: 0...UInt64.max))"
    socket = try UnixSocket.receive(at: path)
  }

  deinit {
    close(socket)
    unlink(path)
  }

  func receive() throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    try #require(count >= 0)
    return Array(buffer.prefix(count))
  }
}
