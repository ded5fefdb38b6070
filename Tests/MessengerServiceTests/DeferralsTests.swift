import DurableFiles
import Foundation
import GBus
import Logging
import MessengerContract
import Synchronization
import TestSupport
import Testing

@testable import MessengerService

/// What is put off, without a bus.
@Suite(.timeLimit(.minutes(1))) struct DeferralsTests {
  /// A time of day that tests set.
  private final class Clock: Sendable {
    private let milliseconds = Mutex<UInt64>(1_795_241_721_000)

    func advance(seconds: UInt64) { milliseconds.withLock { $0 += seconds * 1000 } }

    var wallClock: WallClock {
      WallClock(milliseconds: { self.milliseconds.withLock { $0 } }, time: { "14:05:32" })
    }
  }

  private static let session = LoginSession.test("1", created: 5)

  private static let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

  @MainLoop
  private static func deferrals(
    in path: String, _ clock: Clock, timeout: Duration = .seconds(60),
    before: @escaping @Sendable (DurableFolder.Step) -> Void = { _ in }
  ) -> Deferrals {
    var folder = MessageFolder(path: path)
    folder.folder.before = before
    var settings = Settings()
    settings.systemTimeout = timeout
    return Deferrals(
      folder: folder, sessions: { [session] }, wallClock: clock.wallClock, settings: settings, logger: silent)
  }

  /// A message that is shown in the session, and may be put off for an hour.
  @MainLoop
  private static func message(_ id: UInt64 = 7, from sender: UInt32 = 1001) -> Message {
    let content = PopupContent(
      title: "", body: "b", timeout: nil, urgency: .critical, icon: "", replies: [],
      later: [LaterChoice(seconds: 600)], until: 1_795_241_721 + 3600)
    let message = Message(
      id: id, sender: Caller(busName: ":1.1", uid: sender, pid: nil), content: content,
      deliveries: [Delivery(to: session, timeout: nil)])
    message.enter(.shown, at: ["1"])
    return message
  }

  /// Runs a test with a folder that is removed afterwards.
  private static func withFolder(_ body: @MainLoop (String, Clock) async throws -> Void) async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "deferred-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await MainLoop.test { try await body(path, Clock()) }
  }

  @Test func whatIsOverdueReturnsOnce() async throws {
    try await Self.withFolder { path, clock in
      let message = Self.message()
      let first = Self.deferrals(in: path, clock)
      #expect(await first.putOff(message, by: 600, at: ["1"]))
      #expect(message.deliveries[0].state == .deferred)
      let promised = try #require(message.deliveries[0].details.returns)
      #expect(promised == 1_795_241_721 + 600)
      clock.advance(seconds: 600)

      let next = Self.deferrals(in: path, clock)
      let returns = Recorder<Set<String>>()
      next.onReturn = { message, sessions in
        message.comeBack(at: sessions)
        returns.record(sessions)
        return true
      }
      let kept = try #require(await next.read { _ in }.first)
      #expect(kept.id == 7 && kept.sender == 1001 && next.lastID == 7)
      let again = kept.message(at: clock.wallClock.milliseconds())
      next.take(kept, as: again)
      #expect(next.isSame(Self.session, as: "1", of: again))
      #expect(!next.isSame(LoginSession.test("1", created: 6), as: "1", of: again))
      next.run()
      await returns.wait(for: 1)
      next.run()
      // It is kept until it ends.
      #expect(try MessageFolder(path: path).read().messages.count == 1)
      again.enter(.acknowledged, at: ["1"])
      next.noteChange(of: again, again.deliveries[0])
      await next.flush()
      #expect(next.isEmpty && returns.elements == [["1"]])
      #expect(try MessageFolder(path: path).read() == MessageFolder.Content())
    }
  }

  @Test func theEndIsTheLatestReturn() async throws {
    try await Self.withFolder { path, clock in
      let message = Self.message()
      clock.advance(seconds: 3500)
      #expect(await Self.deferrals(in: path, clock).putOff(message, by: 600, at: ["1"]))
      let returns = try #require(message.deliveries[0].details.returns)
      #expect(returns == 1_795_241_721 + 3600)
    }
  }

  @Test func whatCannotBeKeptIsNotPutOff() async throws {
    try await Self.withFolder { path, clock in
      let message = Self.message()
      let deferrals = Self.deferrals(in: path + "/missing/folder", clock)
      #expect(await !deferrals.putOff(message, by: 600, at: ["1"]))
      #expect(message.deliveries[0].state == .shown && deferrals.isEmpty)
      #expect(!message.mayBePutOff(by: 1000) && message.mayBePutOff(by: 1002))
    }
  }

  @Test func whatIsWithdrawnMeanwhileIsNotKept() async throws {
    try await Self.withFolder { path, clock in
      let message = Self.message()
      let deferrals = Self.deferrals(in: path, clock)
      message.onChange = { deferrals.noteChange(of: message, $0) }
      message.withdraw()
      #expect(await deferrals.putOff(message, by: 600, at: ["1"]))
      #expect(message.deliveries[0].state == .withdrawn && deferrals.isEmpty)
    }
  }

  @Test func aDiskThatHangsWritesNothingOldLater() async throws {
    try await Self.withFolder { path, clock in
      let goesOn = DispatchSemaphore(value: 0)
      let deferrals = Self.deferrals(in: path, clock, timeout: .milliseconds(50)) { if $0 == .rename { goesOn.wait() } }
      #expect(await !deferrals.putOff(Self.message(), by: 600, at: ["1"]))
      #expect(deferrals.isEmpty && deferrals.isSaving)
      goesOn.signal()
      repeat { await deferrals.flush() } while deferrals.isSaving
      let written = try MessageFolder(path: path).read().messages
      #expect(written.isEmpty && !deferrals.isSaving)
    }
  }

  @Test func whatADiskTellsLateReturnsLate() async throws {
    try await Self.withFolder { path, clock in
      #expect(await Self.deferrals(in: path, clock).putOff(Self.message(), by: 600, at: ["1"]))
      let goesOn = DispatchSemaphore(value: 0)
      let next = Self.deferrals(in: path, clock, timeout: .milliseconds(50)) { if $0 == .list { goesOn.wait() } }
      let late = Recorder<UInt64>()
      let inTime = await next.read { for kept in $0 { late.record(kept.id) } }
      #expect(inTime.isEmpty && !next.isEmpty)
      // Nothing is written before the folder is read: a file there might have the same name.
      #expect(await !next.putOff(Self.message(8), by: 600, at: ["1"]))
      goesOn.signal()
      await late.wait(for: 1)
      repeat { await next.flush() } while next.isSaving
      #expect(late.elements == [7] && next.isEmpty)
      let written = try MessageFolder(path: path).read().messages
      #expect(written.map(\.id) == [7])
    }
  }

  @Test func onlyANewTextIsWrittenAtOnce() async throws {
    try await Self.withFolder { path, clock in
      let writes = Mutex(0)
      let deferrals = Self.deferrals(in: path, clock) { if $0 == .write { writes.withLock { $0 += 1 } } }
      let message = Self.message()
      #expect(await deferrals.putOff(message, by: 600, at: ["1"]))
      for _ in 0..<9 {
        deferrals.noteChange(of: message, hasText: false)
        await deferrals.flush(message)
      }
      #expect(writes.withLock { $0 } == 1)
      deferrals.noteChange(of: message, hasText: true)
      await deferrals.flush(message)
      #expect(writes.withLock { $0 } == 2)
      // What waits is written before the service ends.
      deferrals.noteChange(of: message, hasText: false)
      await deferrals.flush()
      #expect(writes.withLock { $0 } == 3)
    }
  }

  @Test func nobodyPutsOffWithoutPause() async throws {
    try await Self.withFolder { path, clock in
      let (deferrals, message) = (Self.deferrals(in: path, clock), Self.message())
      var count = 0
      while count < 99, await deferrals.putOff(message, by: 1, at: ["1"]) {
        message.comeBack(at: ["1"])
        count += 1
      }
      #expect((50...60).contains(count))
    }
  }

  @Test(arguments: [(1001, 5), (1000, 25)] as [(UInt32, Int)])
  func asManyArePutOffAsMayBeOpen(_ sender: UInt32, _ most: Int) async throws {
    try await Self.withFolder { path, clock in
      let deferrals = Self.deferrals(in: path, clock)
      for id in 1...UInt64(most) {
        #expect(await deferrals.putOff(Self.message(id, from: sender), by: 600, at: ["1"]))
      }
      #expect(await !deferrals.putOff(Self.message(99, from: sender), by: 600, at: ["1"]))
      #expect(await deferrals.putOff(Self.message(100, from: 0), by: 600, at: ["1"]))
    }
  }
}
