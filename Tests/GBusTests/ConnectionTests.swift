import Foundation
import TestSupport
import Testing

@testable import GBus

/// The beginning and the end of connections.
@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
  @Test func eachHasItsName() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let connections: [Connection] = [
        try await bus.connect(), try await bus.connect(), try await bus.join(), try await bus.join(),
      ]
      #expect(Set(connections.map(\.uniqueName)).count == 4)
      for connection in connections {
        #expect(connection.uniqueName.hasPrefix(":1.") && !connection.isClosed)
        let owner = try await connection.call(
          .bus, "GetNameOwner", [.string(connection.uniqueName)], deadline: .patient)
        #expect(owner == [.string(connection.uniqueName)])
      }
    }
  }

  @Test func busIsNotThere() async throws {
    let bus = try TestBus()
    bus.end()
    await #expect(throws: BusError.self) { try await MainLoop.test { _ = try await bus.connect() } }
  }

  @Test func errorsOfTheOtherSideAreTold() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let connection = try await bus.connect()
      let error = try await #require(throws: BusError.self) {
        try await connection.call(.bus, "GetNameOwner", [.string("org.example.Nobody")], deadline: .patient)
      }
      guard case .remote("org.freedesktop.DBus.Error.NameHasNoOwner", let message) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(message.contains("org.example.Nobody") && !message.contains("GDBus"))
    }
  }

  @Test(arguments: [true, false]) func endOfTheBusEndsCallsAndIsToldOnce(_ isBounded: Bool) async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let silent = try await bus.connect()
      let connection: Connection = isBounded ? try await bus.join() : try await bus.connect()
      let silence = Silence()
      defer { silence.end() }
      let never = Echo.failing { _ in
        await silence.wait()
        return []
      }
      try silent.export(never, at: Echo.path)
      let ends = Recorder<String>()
      connection.onClosed = { ends.record("early") }
      let call = Task { @MainLoop in
        try await connection.call(Echo.at(silent), "Fail", [.string("")], deadline: .patient)
      }
      _ = try await connection.call(.bus, "GetId", deadline: .patient)
      bus.end()
      await #expect(throws: BusError.closed) { try await call.value }
      await ends.wait(for: 1)
      #expect(connection.isClosed)
      connection.onClosed = { ends.record("late") }
      await ends.wait(for: 2)
      await #expect(throws: BusError.closed) { try await connection.call(.bus, "GetId", deadline: .patient) }
      #expect(ends.elements == ["early", "late"])
    }
  }

  @Test func lastWordsArriveAndNoEndIsTold() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let listener = try await bus.connect()
      let speaker = try await bus.connect()
      let heard = Recorder<Value>()
      listener.subscribe(SignalFilter(member: "Changed")) { heard.record(.array(of: "s", $0.arguments)) }
      speaker.onClosed = { Issue.record("the end was told") }
      let text = String(repeating: "x", count: 60_000)
      for number in 1...9 {
        try speaker.emit(
          "Changed", [.string("\(number)"), .string(text)], from: Echo.at(speaker), to: listener.uniqueName)
      }
      // The tests' main loop also reads for the other side, and has more to do.
      speaker.close(timeout: .seconds(60))
      await heard.wait(for: 9)
      #expect(heard.elements.last == .strings(["9", text]))
    }
  }
}
