import Foundation
import GBus
import Logging
import MessengerContract
import TestSupport
import Testing

@testable import MessengerService

/// Which senders get reports about their messages.
@Suite(.timeLimit(.minutes(1))) struct ChangeReporterTests {
  @Test(arguments: [true, false]) func signalsEndWithTheConnection(_ stays: Bool) async throws {
    try await Self.withReporter { service, reporter, bus in
      let sender = try await bus.connect()
      let message = Self.message(from: Caller(busName: sender.uniqueName, uid: 7, pid: try Self.endedProcess()))
      if !stays {
        sender.close()
        await Self.untilGone(sender.uniqueName, from: service)
      }
      reporter.tell(message, message.deliveries[0])
      reporter.flush()
      #expect(message.senderPresence == .doubtful)
      // The bus answers in order, and the question is asked before the second of these.
      for _ in 1...3 { _ = try await service.call(.bus, "GetId", deadline: .patient) }
      #expect(message.senderPresence == (stays ? .doubtful : .gone))
    }
  }

  @Test func whoseProcessRunsIsNotAskedFor() async throws {
    try await Self.withReporter { _, reporter, bus in
      let sender = try await bus.connect()
      let heard = Recorder<Signal>()
      sender.follow(SignalFilter(member: "DeliveriesChanged")) { heard.record($0) }
      _ = try await sender.call(.bus, "GetId", deadline: .patient)
      let message = Self.message(from: Caller(busName: sender.uniqueName, uid: 7, pid: UInt32(getpid())))
      reporter.tell(message, message.deliveries[0])
      reporter.flush()
      await heard.wait(for: 1)
      #expect(heard.elements[0].arguments.first == .uint64(5) && message.senderPresence == .present)
    }
  }

  /// In their order, and one signal for each message.
  @Test func changesOfAMomentAreToldTogether() async throws {
    try await Self.withReporter { _, reporter, bus in
      let sender = try await bus.connect()
      let heard = Recorder<Signal>()
      sender.follow(SignalFilter(member: "DeliveriesChanged")) { heard.record($0) }
      _ = try await sender.call(.bus, "GetId", deadline: .patient)
      let caller = Caller(busName: sender.uniqueName, uid: 7, pid: UInt32(getpid()))
      let (first, second) = (Self.message(from: caller), Self.message(6, from: caller))
      var shown = first.deliveries[0]
      shown.state = .shown
      for delivery in [shown, first.deliveries[0]] { reporter.tell(first, delivery) }
      reporter.tell(second, second.deliveries[0])
      await heard.wait(for: 2)
      let states = heard.elements.map { signal in
        signal.arguments[1].elements?.compactMap { $0.members?[3].string } ?? []
      }
      #expect(Set(states) == [["shown", "failed"], ["failed"]])
      reporter.flush(first)
      _ = try await sender.call(.bus, "GetId", deadline: .patient)
      #expect(heard.elements.count == 2)
    }
  }

  private static func withReporter(
    _ body: @MainLoop (Connection, ChangeReporter, TestBus) async throws -> Void
  ) async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let service = try await bus.connect()
      let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
      try await body(service, ChangeReporter(connection: service, timeout: .seconds(5), logger: logger), bus)
    }
  }

  /// A message to somebody who isn't there, which is final at once.
  @MainLoop
  private static func message(_ id: UInt64 = 5, from caller: Caller) -> Message {
    let failure = RecipientResolver.Failure(recipient: "nobody", error: MessengerError(.noSuchRecipient, "no"))
    let content = PopupContent(title: "", body: "x", urgency: .normal, icon: "", replies: [])
    return Message(id: id, sender: caller, content: content, deliveries: [Delivery(failed: failure)])
  }

  private static func endedProcess() throws -> UInt32 {
    let process = try Process.run(URL(filePath: "/bin/true"), arguments: [])
    process.waitUntilExit()
    return UInt32(process.processIdentifier)
  }

  @MainLoop
  private static func untilGone(_ name: String, from service: Connection) async {
    let gone = Recorder<Void>()
    let filter = SignalFilter(sender: Remote.bus.destination, member: "NameOwnerChanged", argument0: name)
    service.follow(filter) { _ in gone.record(()) }
    let answer = try? await service.call(.bus, "NameHasOwner", [.string(name)], deadline: .patient)
    if answer != [.boolean(false)] { await gone.wait(for: 1) }
  }
}
