import TestSupport
import Testing

@testable import GBus

/// File descriptors that come and go with messages.
@Suite(.timeLimit(.minutes(1))) struct DescriptorTests {
  private static let question = PreparedCall(known: .bus, "GetConnectionCredentials", [.string(":1.2")])

  @Test func descriptorsOfAnAwaitedAnswerAreTaken() async throws {
    try await Self.withBus { connection, bus in
      let pipe = try PassedPipe()
      var descriptor = try await Self.ask(connection, bus) { bus.send(Self.credentials(to: $0), with: [pipe.writing]) }
      pipe.release()
      #expect(descriptor.map { pipe.isEnd($0) } == true)
      descriptor = nil
      try await pipe.closed()
    }
  }

  @Test func descriptorsThatNoCallAskedForAreClosed() async throws {
    try await Self.withBus { connection, bus in
      let pipe = try PassedPipe()
      let descriptor = try await Self.ask(connection, bus, Self.question) {
        bus.send(Self.credentials(to: $0), with: [pipe.writing])
      }
      pipe.release()
      #expect(descriptor == nil)
      try await pipe.closed()
    }
  }

  /// The arguments are who sends what before and after the answer, and the length of the pieces.
  @Test(arguments: Stranger.allCases, [1, 7, 100, 1 << 20])
  func descriptorsOfStrangersAreClosedAndNobodyElses(_ stranger: Stranger, _ piece: Int) async throws {
    try await Self.withBus { connection, bus in
      let pipes = try (0..<4).map { _ in try PassedPipe() }
      bus.send(stranger.message, with: [pipes[0].writing])
      var descriptor = try await Self.ask(connection, bus) { serial in
        bus.send(stranger.message, inPieces: piece, with: [pipes[1].writing])
        bus.send(TestMessage.signal())
        let answer = Self.credentials(to: serial)
        bus.send(Array(answer[..<72]), with: [pipes[2].writing])
        bus.send(Array(answer[72...]), inPieces: piece, with: [])
        bus.send(stranger.message, inPieces: piece, with: [pipes[3].writing])
      }
      for pipe in pipes { pipe.release() }
      for index in [0, 1, 3] { try await pipes[index].closed() }
      #expect(descriptor.map { pipes[2].isEnd($0) } == true)
      descriptor = nil
      try await pipes[2].closed()
      #expect(try await Self.ask(connection, bus) { bus.send(Self.credentials(to: $0, announcing: 0)) } == nil)
      #expect(connection.socket.awaited.calls.isEmpty)
    }
  }

  /// If descriptors of a file became ours, closing them would lose the process's locks of the file (fcntl(2), advisory
  /// record locks).
  @Test(arguments: Stranger.allCases) func descriptorsOfStrangersNeverBecomeOurs(_ stranger: Stranger) async throws {
    let file = try LockedFile()
    try await Self.withBus { connection, bus in
      bus.send(stranger.message, with: [file.descriptor])
      _ = try await Self.ask(connection, bus) { serial in
        bus.send(stranger.message, with: [file.descriptor])
        bus.send(Self.credentials(to: serial, announcing: 0))
      }
      #expect(file.isLocked)
    }
  }

  /// No more come at once than the kernel passes with one piece (SCM_MAX_FD, 253).
  @Test(arguments: [(0, 1), (1, 0), (1, 2), (2, 1), (16, 17), (17, 17), (253, 253)])
  func descriptorsThatAreNotThoseAnnouncedAreClosed(_ announced: Int, _ count: Int) async throws {
    try await Self.withBus { connection, bus in
      let pipe = try PassedPipe()
      let descriptor = try await Self.ask(connection, bus) {
        bus.send(
          Self.credentials(to: $0, announcing: announced), with: [Int32](repeating: pipe.writing, count: count))
      }
      pipe.release()
      #expect(descriptor == nil)
      try await pipe.closed()
    }
  }

  @Test(arguments: Stranger.allCases)
  func descriptorsOfTheNextMessageAreNoneOfAnAnswers(_ stranger: Stranger) async throws {
    try await Self.withBus { connection, bus in
      let pipe = try PassedPipe()
      let descriptor = try await Self.ask(connection, bus) { serial in
        bus.send(Self.credentials(to: serial))
        bus.send(stranger.message, with: [pipe.writing])
      }
      pipe.release()
      #expect(descriptor == nil)
      try await pipe.closed()
    }
  }

  /// The second half of them comes in the middle of the answer.
  @Test func descriptorsThatComeByHalvesAreClosed() async throws {
    try await Self.withBus { connection, bus in
      let pipe = try PassedPipe()
      let descriptor = try await Self.ask(connection, bus) { serial in
        let answer = Self.credentials(to: serial, announcing: 2)
        bus.send(Array(answer[..<72]), with: [pipe.writing])
        bus.send(Array(answer[72...]), with: [pipe.writing])
      }
      pipe.release()
      #expect(descriptor == nil)
      try await pipe.closed()
    }
  }

  /// No bus sends a header in pieces.
  @Test func descriptorsOfAnAnswerWhoseHeaderComesInPiecesAreClosed() async throws {
    try await Self.withBus { connection, bus in
      let pipe = try PassedPipe()
      let descriptor = try await Self.ask(connection, bus) { serial in
        bus.send(Self.credentials(to: serial), inPieces: 20, with: [pipe.writing])
      }
      pipe.release()
      #expect(descriptor == nil)
      try await pipe.closed()
    }
  }

  @Test func descriptorsOfALateAnswerOrAnErrorAreClosed() async throws {
    try await Self.withBus { connection, bus in
      let pipe = try PassedPipe()
      let late = connection.ask(Self.question.takingDescriptors) { _ in Issue.record("it is late") }
      await #expect(throws: BusError.timedOut) { try await late.answer(by: .now) }
      #expect(connection.socket.awaited.calls.isEmpty)
      bus.send(Self.credentials(to: try await bus.message().serial), with: [pipe.writing])
      await #expect(throws: BusError.self) {
        try await Self.ask(connection, bus) { bus.send(Wire.error("a.b", to: $0), with: [pipe.writing]) }
      }
      pipe.release()
      try await pipe.closed()
    }
  }

  /// The bytes that fill the socket before and between them make each wait for its own turn.
  @Test func descriptorsGoWithTheFirstByteOfTheirMessage() async throws {
    try await Self.withBus { connection, bus in
      let pipes = try (0..<2).map { _ in try PassedPipe() }
      let large = [Value.string(String(repeating: "x", count: 400_000))]
      for pipe in pipes {
        connection.post(.bus, "Large", large)
        connection.post(
          try PreparedCall(.bus, "Pass", [.handle(0)], passing: Descriptor(taking: pipe.writing)))
      }
      for pipe in pipes {
        let before = try await bus.message()
        #expect(before.holds("Large") && before.descriptors.isEmpty)
        let message = try await bus.message()
        #expect(message.holds("Pass") && message.descriptors.count == 1 && pipe.isEnd(message.descriptors[0]))
        #expect(message.bytes.withUnsafeBytes { WireMessage($0)?.descriptorCount } == 1)
      }
      for pipe in pipes { try await pipe.closed() }
    }
  }

  /// dbus-broker ends a connection that writes something else together with a message that has a descriptor.
  @Test func aMessageWithADescriptorIsWrittenAlone() async throws {
    try await Self.withBus { connection, bus in
      let pipe = try PassedPipe()
      connection.post(try PreparedCall(.bus, "Pass", [.handle(0)], passing: Descriptor(taking: pipe.writing)))
      connection.post(.bus, "After", [])
      let piece = try await bus.piece()
      #expect(piece.holds("Pass") && piece.descriptors.count == 1 && !piece.holds("After"))
      #expect(try await bus.message().holds("After"))
    }
  }

  @Test func nothingIsPassedToABusThatPassesNothing() async throws {
    try await Self.withBus(passing: false) { connection, bus in
      let pipe = try PassedPipe()
      let call = try PreparedCall(.bus, "Pass", [.handle(0)], passing: Descriptor(taking: pipe.writing))
      connection.post(call)
      await #expect(throws: BusError.local("the bus passes no file descriptors")) {
        try await connection.call(call, deadline: .patient)
      }
      #expect(try await Self.ask(connection, bus) { bus.send(Self.credentials(to: $0, announcing: 0)) } == nil)
    }
  }
}

extension DescriptorTests {
  /// Others who may send descriptors: anybody on the system bus.
  enum Stranger: CaseIterable {
    case signal, liar, call, answer, tooLong, tooLongHeader

    var message: [UInt8] {
      switch self {
      case .signal: TestMessage.signal(fields: [Wire.descriptors(1)])
      case .liar: TestMessage.signal()
      case .call:
        Wire.message(
          type: 1,
          fields: [Wire.field(1, "o", Wire.text("/")), Wire.field(3, "s", Wire.text("A")), Wire.descriptors(1)])
      case .answer: Wire.answer(to: 1_000_000, "a{sv}", Wire.dictionary([]), descriptors: 1)
      case .tooLong: TestMessage.signal(fields: [Wire.descriptors(1)], body: [UInt8](repeating: 0, count: 66_000))
      case .tooLongHeader: TestMessage.signal(fields: [Self.long, Wire.descriptors(1)])
      }
    }

    private static let long = Wire.field(100, "s", Wire.text(String(repeating: "x", count: 66_000)))
  }

  /// The bus's answer about a process, in this machine's byte order.
  private static func credentials(to serial: UInt32, announcing count: Int = 1) -> [UInt8] {
    Wire.answer(
      to: serial, "a{sv}", Wire.dictionary([("UnixUserID", "u", 7), ("ProcessFD", "h", 0)]), descriptors: count)
  }

  /// Asks for credentials.
  ///
  /// - Returns: the descriptor in the answer.
  @MainLoop
  private static func ask(
    _ connection: Connection, _ bus: RawPeer, _ question: PreparedCall = question.takingDescriptors,
    answer: (UInt32) -> Void
  ) async throws -> Descriptor? {
    var descriptor: Descriptor?
    let asked = connection.ask(question) {
      descriptor = $0.descriptor($0.arguments.first?.dictionary?["ProcessFD"])
    }
    answer(try await bus.message().serial)
    _ = try await asked.answer(by: .patient)
    return descriptor
  }

  /// Calls `body` with a connection like that to the system bus, and a peer that plays the bus.
  private static func withBus(
    passing: Bool = true, _ body: @MainLoop (Connection, RawPeer) async throws -> Void
  ) async throws {
    try await MainLoop.test {
      let (socket, bus) = try RawPeer.pair()
      var bounds = BusBounds.systemBus
      bounds.passesDescriptors = passing
      let connection = Connection(socket: socket, within: bounds)
      try await bus.welcome()
      try await connection.join(deadline: .patient)
      try await body(connection, bus)
    }
  }
}

extension RawPeer {
  /// Sends bytes in pieces, some of them short, with the descriptors in the first.
  fileprivate func send(_ bytes: [UInt8], inPieces length: Int, with descriptors: [Int32]) {
    // Each piece takes some room in the kernel, so the end is sent at once.
    let short = min(bytes.count, 48)
    for begin in stride(from: 0, to: short, by: length) {
      send(Array(bytes[begin..<min(begin + length, short)]), with: begin == 0 ? descriptors : [])
    }
    if short < bytes.count { send(Array(bytes[short...])) }
  }
}
