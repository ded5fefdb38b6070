import Foundation
import TestSupport
import Testing

@testable import GBus

/// Connections to a bus that may be hostile: their beginning, the messages that they accept, and their end.
@Suite(.timeLimit(.minutes(1))) struct SessionConnectionTests {
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
      await #expect(throws: BusError.self) {
        try await Connection(socket: copy, admitting: .some).join(deadline: .patient)
      }
      try pipe.fileHandleForReading.close()
      // A pipe without a reader is in error.
      try await MainLoop.untilReadable(pipe.fileHandleForWriting.fileDescriptor, deadline: .patient)
    }
  }

  @Test func callIsAnswered() async throws {
    try await Self.withEcho { server, client in
      var answered: [Value] = []
      let answer = try await client.call(Echo.at(server), "MayAsk", deadline: .patient) { answered = $0.arguments }
      #expect(answer == [.boolean(false)] && answered == answer)
    }
  }

  @Test func argumentsThatAreNotAdmittedAreDropped() async throws {
    try await Self.withEcho { server, client in
      let strings = Value.strings(["a"])
      let strange = try await client.call(Echo.at(server), "Echo", [strings], deadline: .patient)
      #expect(strange.isEmpty)
      let properties = Echo.at(server, interface: "org.freedesktop.DBus.Properties")
      let arguments = [Value.string(Echo.name), .string("Version")]
      let variant = try await client.call(properties, "Get", arguments, deadline: .patient)
      #expect(variant.isEmpty)
    }
  }

  @Test func signalsThatAreNotAdmittedAreDropped() async throws {
    try await Self.withEcho { server, client in
      let heard = Recorder<Int>()
      client.subscribe(SignalFilter(path: Echo.path)) { heard.record($0.arguments.count) }
      client.addMatch("type='signal'")
      _ = try await client.call(.bus, "GetId", deadline: .patient)
      let bodies: [[Value]] = [[.uint32(1), .uint32(2)], [.strings([])], [.string("")]]
      for arguments in bodies {
        try server.emit("Changed", arguments, from: Echo.at(server), to: nil)
      }
      await heard.wait(for: 1)
      #expect(heard.elements == [1])
    }
  }

  @Test func errorOfTheOtherSideIsTold() async throws {
    try await Self.withEcho { server, client in
      await #expect(throws: BusError.remote(name: "org.example.Error.Refused", message: "because")) {
        try await client.call(Echo.at(server), "Fail", [.string("named")], deadline: .patient)
      }
    }
  }

  @Test func callsAreNotTaken() async throws {
    try await Self.withEcho { server, client in
      let ping = Remote(destination: client.uniqueName, path: "/", interface: "org.freedesktop.DBus.Peer")
      await #expect(throws: BusError.timedOut) {
        try await server.call(ping, "Ping", deadline: .after(.milliseconds(50)))
      }
    }
  }

  @Test func whatDoesNotFitIntoTheSocketIsSentLater() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let listener = try await bus.connect()
      let speaker = try await bus.join()
      let heard = Recorder<Value>()
      let text = String(repeating: "x", count: 100_000)
      try listener.export(
        ExportedInterface(
          name: Echo.name, xml: Echo.xml,
          methods: [
            "Fail": { call in
              heard.record(call.arguments[0])
              return []
            }
          ], properties: [:]), at: Echo.path)
      for number in 1...9 { speaker.post(Echo.at(listener), "Fail", [.string("\(number)\(text)")]) }
      // The tests' main loop also reads for the other side, and has more to do.
      speaker.close(timeout: .seconds(60))
      await heard.wait(for: 9)
      #expect(heard.elements.last == .string("9\(text)") && speaker.isClosed)
    }
  }

  @Test func whoReadsNothingIsLeft() async throws {
    try await MainLoop.test {
      let (joining, peer) = try await TestSocket.joinMute(deadline: .patient)
      try await MainLoop.untilReadable(peer.fileDescriptor, deadline: .patient)
      try peer.write(contentsOf: TestMessage.helloAnswer)
      let connection = try await joining.value
      let ends = Recorder<BusError?>()
      connection.onClosed = { ends.record(connection.ending) }
      let text = String(repeating: "x", count: 100_000)
      for _ in 1...20 { connection.post(.bus, "ListNames", [.string(text)]) }
      await ends.wait(for: 1)
      #expect(ends.elements == [.ended("does not read what it is sent")])
    }
  }

  /// A message that a handler sends when reading has paused goes out, and nothing keeps waiting for room.
  @Test func whatIsSentAfterAPauseGoesOut() async throws {
    try await MainLoop.test {
      let (socket, peer) = try TestSocket.pair()
      let clock = FrozenClock()
      let connection = Connection(socket: socket, admitting: .some, clock: clock.now)
      clock.connection = connection
      try peer.write(contentsOf: TestMessage.helloAnswer)
      try await connection.join(deadline: .patient)
      let seen = Recorder<Bool>()
      connection.subscribe(SignalFilter(member: "Changed")) { _ in
        seen.record(connection.isFlooded)
        if connection.isFlooded { connection.post(.bus, "GetId") }
      }
      let flood = MainLoop.task {
        try await MainLoop.blocking(deadline: .patient) {
          for _ in 0..<1000 { try peer.write(contentsOf: TestMessage.signal) }
        }
      }
      await seen.wait(for: 1000)
      try await flood.value
      // When its answer has come, the last message of the test has gone out.
      connection.post(.bus, "GetId")
      await MainLoop.task {}.value
      #expect(seen.elements.contains(true) && !connection.isClosed)
      let readable: UInt32 = 1
      let writable: UInt32 = 4
      #expect(try TestSocket.watchedEvents(of: socket).map { $0 & (readable | writable) } == [readable])
      connection.close()
    }
  }

  /// The bus has its time for each part that it must read, not for everything.
  @Test func whoReadsSlowlyHearsTheLastWord() {
    #expect(Connection.closingTimeout(to: 0) == .seconds(1))
    #expect(Connection.closingTimeout(to: 900_000) == .seconds(14))
  }

  @Test func handlersEndWithTheirConnection() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      var connection: Connection? = try await bus.join()
      connection?.subscribe(SignalFilter()) { [connection] _ in connection?.close() }
      weak let gone = connection
      connection?.close()
      connection = nil
      #expect(gone == nil)
    }
  }

  /// Calls `body` with a connection that exports the interface, and a bounded one on the same bus.
  private static func withEcho(_ body: @MainLoop (Connection, Connection) async throws -> Void) async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let (server, client) = (try await bus.connect(), try await bus.join())
      try server.export(Echo.interface, at: Echo.path)
      try await body(server, client)
    }
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
