import Foundation
import TestSupport
import Testing

@testable import GBus

/// The bounds on the system bus, where everybody may call.
@Suite(.timeLimit(.minutes(1))) struct SystemBusTests {
  /// A call with a header of 32 bytes, and a body of the announced length.
  private static func call(body: UInt32) -> [UInt8] {
    [UInt8(ascii: "l"), 1, 0, 1] + withUnsafeBytes(of: body.littleEndian, Array.init) + [7, 0, 0, 0, 16, 0, 0, 0]
      + [3, 1, UInt8(ascii: "s"), 0, 7, 0, 0, 0] + Array("Explode".utf8) + [0] + [UInt8](repeating: 0, count: Int(body))
  }

  @Test(arguments: [4096, 65536, 1 << 22]) func whatIsTooLongIsPassedOverAndItsHeaderKept(_ piece: Int) {
    var assembler = MessageAssembler(bounds: .systemBus, at: .now)
    var lengths: [Int] = []
    let stream = Self.call(body: 0) + Self.call(body: 1 << 20) + Self.call(body: (1 << 20) - 32) + Self.call(body: 8)
    for begin in stride(from: 0, to: stream.count, by: piece) {
      let verdict = stream[begin..<min(begin + piece, stream.count)].withUnsafeBytes { bytes in
        assembler.take(bytes, at: .now) { message in
          #expect(WireMessage(message)?[.member] == "Explode" && WireMessage(message)?.frame.serial == 7)
          lengths.append(message.count)
          return true
        }
      }
      #expect(verdict == .goOn)
    }
    #expect(lengths == [32, 32, 1 << 20, 40] && assembler.isBetweenMessages)
  }

  @Test func whoHasMostWaitingLosesFirst() {
    var room = PendingCalls()
    let small = PendingCalls.Waiting(bytes: [UInt8](repeating: 1, count: 300))
    let large = PendingCalls.Waiting(bytes: [UInt8](repeating: 2, count: 1 << 20))
    #expect(room.enter(small, of: ":1.1").isEmpty)
    var refused = 0
    for number in 0..<20 { refused += room.enter(large, of: ":1.\(2 + number % 3)").count }
    #expect(refused == 17 && room.cost <= PendingCalls.most)
    #expect(room.leave(":1.1").map(\.bytes) == [small.bytes])
    for number in 2...4 { _ = room.leave(":1.\(number)") }
    #expect(room.cost == 0 && room.count == 0)
  }

  @Test func callsWaitUntilTheCallerIsKnownAndAreJudgedThen() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let (server, client) = (try await bus.connect(), try await bus.connect())
      let question = Once<Void>()
      let asked = Recorder<String>()
      var known: Set<String> = []
      try server.export(Echo.interface, at: Echo.path)
      server.rules = CallRules(
        admit: { sender in
          if known.contains(sender), asked.elements.count > 1 { throw Echo.Refusal() }
          return known.contains(sender)
        },
        learn: { sender in
          asked.record(sender)
          try await question.value(deadline: .patient)
          known.insert(sender)
        })
      let calls = (0..<3).map { _ in
        MainLoop.task { try await client.call(Echo.at(server), "MayAsk", deadline: .patient) }
      }
      await asked.wait(for: 1)
      while server.callsUnderWay < 3 { await Task.yield() }
      question.resume(.success(()))
      for call in calls { #expect(try await call.value == [.boolean(false)]) }
      try await server.answered(by: .patient)
      #expect(asked.elements == [client.uniqueName] && server.callsUnderWay == 0)
    }
  }

  /// A bound on answers that the test can change.
  @MainLoop private final class Bound {
    var isTooMuch: @MainLoop (Int) -> Bool = { _ in false }
  }

  @Test func anAnswerThatIsTooMuchIsNotSent() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let (server, client) = (try await bus.connect(), try await bus.connect())
      try server.export(Echo.interface, at: Echo.path)
      let sizes = Recorder<Int>()
      let bound = Bound()
      server.rules = CallRules(answer: { sender, size in
        #expect(sender == client.uniqueName)
        sizes.record(size)
        if bound.isTooMuch(size) { throw Echo.Refusal() }
      })
      _ = try await client.call(Echo.at(server), "MayAsk", deadline: .patient)
      bound.isTooMuch = { size in size == sizes.elements[0] }
      await #expect(throws: BusError.remote(name: "org.example.Error.Refused", message: "because")) {
        try await client.call(Echo.at(server), "MayAsk", deadline: .patient)
      }
      bound.isTooMuch = { _ in true }
      let unanswered = MainLoop.task { try await client.call(Echo.at(server), "MayAsk", deadline: .patient) }
      await sizes.wait(for: 5)
      bound.isTooMuch = { _ in false }
      _ = try await client.call(Echo.at(server), "MayAsk", deadline: .patient)
      unanswered.cancel()
      await #expect(throws: BusError.cancelled) { try await unanswered.value }
    }
  }

  /// A bus that reads nothing any more is left, because what msgd sent may be what blocks it.
  @Test func aBusThatReadsNothingIsLeft() async throws {
    try await MainLoop.test {
      let (socket, peer) = try TestSocket.pair()
      var bounds = BusBounds.systemBus
      #expect(bounds.timeout == .seconds(60))
      bounds.timeout = .milliseconds(1)
      let connection = Connection(socket: socket, within: bounds)
      try peer.write(contentsOf: TestMessage.helloAnswer)
      try await connection.join(deadline: .patient)
      let ends = Recorder<BusError?>()
      connection.onClosed = { ends.record(connection.ending) }
      connection.post(.bus, "ListNames", [.string(String(repeating: "x", count: 1 << 20))])
      await ends.wait(for: 1)
      #expect(ends.elements == [.ended("does not read what it is sent")])
    }
  }

  /// Anybody may send a signal that claims to be from somebody else's object.
  @Test func signalsCountFromWhoeverHasTheName() async throws {
    let bus = try TestBus()
    try await MainLoop.test {
      let (listener, honest, stranger) = (try await bus.connect(), try await bus.connect(), try await bus.connect())
      let name = "org.example.Name"
      let heard = Recorder<String>()
      listener.follow(SignalFilter(sender: name, path: Echo.path)) { heard.record($0.arguments[0].string ?? "") }
      let remote = Remote(destination: name, path: Echo.path, interface: Echo.name)
      @MainLoop func say(_ text: String, _ speaker: Connection) async throws {
        try speaker.emit("Changed", [.string(text)], from: remote, to: listener.uniqueName)
        _ = try await speaker.call(.bus, "GetId", deadline: .patient)
      }
      try await say("nobody's", honest)
      _ = try await honest.requestName(name, deadline: .patient)
      try await say("stranger's", stranger)
      try await say("first", honest)
      try await honest.releaseName(name, deadline: .patient)
      try await say("former", honest)
      _ = try await stranger.requestName(name, deadline: .patient)
      try await say("second", stranger)
      await heard.wait(for: 2)
      #expect(heard.elements == ["first", "second"])
    }
  }

  @Test func ruleIsQuoted() {
    #expect(SignalFilter(member: "A", argument0: "it's").rule == #"type='signal',member='A',arg0='it'\''s'"#)
  }
}
