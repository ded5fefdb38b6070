import Foundation
import TestSupport
import Testing

@testable import GBus

/// Connections: how they are made, and how they end.
@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
  @Test func bothWaysLeadOntoTheBus() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let connections = [try await bus.connect(), try await bus.join()]
      #expect(Set(connections.map(\.uniqueName)).count == 2)
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

  @Test(
    arguments: [
      (Remote(destination: "", path: "/", interface: "a.b"), "M", []),
      (Remote(destination: "a.b", path: "x", interface: "a.b"), "M", []),
      (Remote(destination: "a.b", path: "/", interface: "a"), "M", []),
      (Remote(destination: "a.b", path: "/", interface: "a.b"), "a.M", []),
      (.bus, "GetNameOwner", [.string("a\0")]),
      (.bus, "GetNameOwner", [.objectPath("a")]),
    ] as [(Remote, String, [Value])])
  func whatDBusCannotCarryIsAnError(_ remote: Remote, _ method: String, _ arguments: [Value]) async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let connection = try await bus.join()
      let error = await #expect(throws: BusError.self) {
        try await connection.call(remote, method, arguments, deadline: .patient)
      }
      guard case .local = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      connection.post(remote, method, arguments)
      #expect(try await connection.call(.bus, "GetId", deadline: .patient).count == 1)
    }
  }

  @Test func muteBusTimesOut() async throws {
    try await MainLoop.test {
      let (joining, peer) = try await TestSocket.joinMute(deadline: .after(.milliseconds(20)))
      await #expect(throws: BusError.timedOut) { try await joining.value }
      try await Self.expectHangUp(of: peer)
    }
  }

  @Test func joiningEndsWithItsTask() async throws {
    try await MainLoop.test {
      let (joining, peer) = try await TestSocket.joinMute(deadline: .patient)
      try await MainLoop.untilReadable(peer.fileDescriptor, deadline: .patient)
      joining.cancel()
      await #expect(throws: BusError.cancelled) { try await joining.value }
      try await Self.expectHangUp(of: peer)
    }
  }

  @Test func busThatHangsUpIsClosed() async throws {
    try await MainLoop.test {
      let (joining, peer) = try await TestSocket.joinMute(deadline: .patient)
      try await MainLoop.untilReadable(peer.fileDescriptor, deadline: .patient)
      try peer.close()
      await #expect(throws: BusError.closed) { try await joining.value }
    }
  }

  @Test func whatIsNoSocketIsClosed() async throws {
    try await MainLoop.test {
      let pipe = Pipe()
      let copy = dup(pipe.fileHandleForReading.fileDescriptor)
      await #expect(throws: BusError.self) { try await Connection.join(socket: copy, deadline: .patient) }
      try pipe.fileHandleForReading.close()
      // A pipe that nobody can read any more is in error.
      try await MainLoop.untilReadable(pipe.fileHandleForWriting.fileDescriptor, deadline: .patient)
    }
  }

  @Test(arguments: [true, false]) func endOfTheBusEndsCallsAndIsToldOnce(_ isJoined: Bool) async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let silent = try await bus.join()
      let connection = try await isJoined ? bus.join() : bus.connect()
      let silence = Silence()
      defer { silence.end() }
      let never = Self.interface { _ in
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
      let text = String(repeating: "x", count: 1 << 20)
      for number in 1...9 {
        try speaker.emit(
          "Changed", [.string("\(number)"), .string(text)], from: Echo.at(speaker), to: listener.uniqueName)
      }
      speaker.close()
      await heard.wait(for: 9)
      #expect(heard.elements.last == .strings(["9", text]))
    }
  }

  @Test func handlersEndWithTheirConnection() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      var connection: Connection? = try await bus.join()
      connection?.subscribe(SignalFilter()) { [connection] _ in connection?.close() }
      weak let gone = connection
      let ends = Recorder<String>()
      try Self.tellEnd(of: connection, to: ends)
      connection?.close()
      connection = nil
      await ends.wait(for: 1)
      #expect(gone == nil)
    }
  }

  /// Tells when GDBus's connection is freed, which is after ours, for ours holds it: it keeps what it exports until then.
  @MainLoop
  private static func tellEnd(of connection: Connection?, to ends: Recorder<String>) throws {
    let witness = Witness(ends: ends)
    try connection?.export(interface { _ in withExtendedLifetime(witness) { [] } }, at: Echo.path)
  }

  private final class Witness: Sendable {
    private let ends: Recorder<String>
    init(ends: Recorder<String>) { self.ends = ends }
    deinit { MainLoop.task { [ends] in ends.record("the witness's") } }
  }

  private static func interface(_ fail: @escaping ExportedInterface.Method) -> ExportedInterface {
    ExportedInterface(name: Echo.name, xml: Echo.xml, methods: ["Fail": fail], properties: [:])
  }

  /// Reads what the other side wrote, up to its end.
  @MainLoop
  private static func expectHangUp(of peer: FileHandle) async throws {
    var data = Data([0])
    while !data.isEmpty {
      try await MainLoop.untilReadable(peer.fileDescriptor, deadline: .patient)
      data = peer.availableData
    }
  }
}
