import Foundation
import GBus
import TestSupport
import Testing

@testable import MessengerService

/// The notes of popups after msgd was killed.
@Suite(.timeLimit(.minutes(1))) struct PopupLedgerTests {
  private static let user = User(uid: 1001, gid: 100, name: "al ice", runtimePath: "/run/user/1 001")

  private static func popup(_ id: UInt32) -> PopupRecord {
    PopupRecord(message: 7, user: user, address: BusAddress(name: "@a\tb c"), bus: "0123abc", server: ":1.5", id: id)
  }

  @Test func whatStandsIsLeftBehind() async throws {
    try await Self.withFolder { folder in
      let first = PopupLedger(folder: folder, logger: Records().logger)
      #expect(first.leftBehind.isEmpty)
      let gone = first.enter(Self.popup(1))
      _ = first.enter(Self.popup(2))
      first.strike(gone)
      #expect(PopupLedger(folder: folder, logger: Records().logger).leftBehind.map(\.popup) == [Self.popup(2)])
    }
  }

  @Test func aWindowIsKnownByItsUnit() async throws {
    try await Self.withFolder { folder in
      let window = PopupRecord(
        message: 7, user: Self.user, address: BusAddress(name: "@a"), bus: "0123abc", window: "msg-7-1")
      _ = PopupLedger(folder: folder, logger: Records().logger).enter(window)
      let left = PopupLedger(folder: folder, logger: Records().logger).leftBehind.map(\.popup)
      #expect(left == [window] && left.map(\.windowUnit) == ["msg-7-1"] && Self.popup(1).windowUnit == nil)
    }
  }

  @Test func entriesOfBeforeAreNotOverwritten() async throws {
    try await Self.withFolder { folder in
      _ = PopupLedger(folder: folder, logger: Records().logger).enter(Self.popup(1))
      let second = PopupLedger(folder: folder, logger: Records().logger)
      _ = second.enter(Self.popup(2))
      second.strike(second.leftBehind[0].entry)
      #expect(PopupLedger(folder: folder, logger: Records().logger).leftBehind.map(\.popup) == [Self.popup(2)])
    }
  }

  @Test func strangeFilesAreLeftAlone() async throws {
    try await Self.withFolder { folder in
      try Data("7".utf8).write(to: URL(filePath: folder + "/1"))
      try FileManager.default.createSymbolicLink(atPath: folder + "/2", withDestinationPath: "7\t1001")
      try FileManager.default.createSymbolicLink(atPath: folder + "/note", withDestinationPath: Self.popup(1).text)
      let ledger = PopupLedger(folder: folder, logger: Records().logger)
      #expect(ledger.leftBehind.isEmpty)
      #expect(ledger.enter(Self.popup(1)) == 3)
    }
  }

  @Test(arguments: [nil, "/nonexistent"]) func withoutAFolderNothingIsNoted(_ folder: String?) async {
    await MainLoop.test {
      let ledger = PopupLedger(folder: folder, logger: Records().logger)
      ledger.strike(ledger.enter(Self.popup(1)))
      #expect(ledger.leftBehind.isEmpty)
    }
  }

  /// A folder that doesn't exist stands in for a full one: the reason differs, but not the handling.
  @Test func whatCannotBeNotedIsToldOnceAndNotedLater() async throws {
    try await Self.withFolder { folder in
      let (notes, records) = (folder + "/notes", Records())
      let ledger = PopupLedger(folder: notes, logger: records.logger)
      let entries = [1, 2, 3].map { ledger.enter(Self.popup($0)) }
      ledger.strike(entries[1])
      let failure = "can't note popups in \(notes): No such file or directory; "
      let consequence = "should msgd crash now, the next one doesn't take them away"
      #expect(records.all.map(\.text) == [failure + consequence])

      try FileManager.default.createDirectory(atPath: notes, withIntermediateDirectories: false)
      ledger.strike(ledger.enter(Self.popup(4)))
      let again = "all popups that stand are noted in \(notes) again"
      #expect(records.all.map(\.text) == [failure + consequence, again])
      #expect(PopupLedger(folder: notes, logger: records.logger).leftBehind.map(\.popup) == [1, 3].map(Self.popup))

      try FileManager.default.removeItem(atPath: notes)
      _ = ledger.enter(Self.popup(5))
      #expect(records.all.map(\.text) == [failure + consequence, again, failure + consequence])
    }
  }

  private static func withFolder(_ body: @MainLoop (String) throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await MainLoop.test { try body(folder.path) }
  }
}
