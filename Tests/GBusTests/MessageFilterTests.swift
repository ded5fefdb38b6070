import Testing

@testable import GBus

/// The messages that a key for messages only lets through.
struct MessageFilterTests {
  private static let object = Remote(destination: "org.msgd.Messenger1", path: "/org/msgd/Messenger1", interface: "a.b")
  private static let id = String(repeating: "7", count: 32)

  private static func gate() -> MessageFilter { MessageFilter(to: object, id: id) }

  private static func opened() throws -> MessageFilter {
    var gate = gate()
    _ = try gate.take(Handshake.greeting)
    return gate
  }

  private static func call(
    _ destination: String, _ path: String, _ interface: String, _ member: String, _ arguments: [Value] = []
  ) throws -> [UInt8] {
    let remote = Remote(destination: destination, path: path, interface: interface)
    var message = try PreparedCall(remote, member, arguments).message
    var bytes: [UInt8] = []
    message.withBytes(serial: 77) { bytes = Array($0) }
    return bytes
  }

  private static func bus(_ member: String, _ arguments: [Value] = []) throws -> [UInt8] {
    try call(Remote.bus.destination, Remote.bus.path, Remote.bus.interface, member, arguments)
  }

  /// Whether the bus gets the call that replaces a refused one, with the refused one's serial.
  private static func isRefused(_ passed: [UInt8]) -> Bool {
    passed.withUnsafeBytes { bytes in
      WireMessage(bytes).map { [$0[.destination], $0[.interface], "\($0.frame.serial)"] }
    } == [Remote.bus.destination, "org.msgd.MessagesOnly", "77"]
  }

  @Test func sdBusIsLetIn() throws {
    var gate = Self.gate()
    let outcome = try gate.take(Handshake.greeting)
    #expect(outcome == .init(answer: Array("DATA\r\nOK \(Self.id)\r\n".utf8)))
  }

  @Test func libdbusIsLetInLineByLine() throws {
    var gate = Self.gate()
    #expect(try gate.take("\0AUTH EXTERNAL 30\r\n".utf8).answer == Array("OK \(Self.id)\r\n".utf8))
    #expect(try gate.take("NEGOTIATE_UNIX_FD\r\n".utf8).answer == Array("ERROR\r\n".utf8))
    let hello = try Self.bus("Hello")
    #expect(try gate.take("BEGIN\r\n".utf8 + hello) == .init(passed: hello))
  }

  @Test(arguments: [
    "AUTH EXTERNAL 30\r\n", "\0BEGIN\r\n", "\0AUTH EXTERNAL\r\nBEGIN\r\n", "\0AUTH EXTERNAL 30\nBEGIN\r\n",
    "\0AUTH EXTERNAL 30\r\nBEGIN\r\nno message at all", "\0AUTH \u{1}\r\n",
    "\0AUTH EXTERNAL 30\r\nCANCEL\r\nBEGIN\r\n", "\0AUTH EXTERNAL 30\r\nBEGIN now\r\n",
    "\0" + String(repeating: "A", count: 2000),
  ])
  func whatIsNoDBusEndsIt(_ text: String) {
    var gate = Self.gate()
    #expect(throws: MessageFilter.Violation.self) { try gate.take(text.utf8) }
  }

  @Test func whatConcernsMessagesPasses() throws {
    var gate = try Self.opened()
    for message in [
      try Self.call("org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1", "Send", [.string("hi")]),
      try Self.call("org.msgd.Messenger1", "/org/msgd/Messenger1", "org.freedesktop.DBus.Properties", "GetAll"),
      try Self.bus("GetNameOwner", [.string("org.msgd.Messenger1")]), try Self.bus("Hello"),
    ] {
      #expect(try gate.take(message) == .init(passed: message))
    }
  }

  @Test func anythingElseIsAnErrorOfTheBus() throws {
    var gate = try Self.opened()
    for message in [
      try Self.call("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "a.b", "StartUnit"),
      try Self.call("org.msgd.Messenger1", "/", "org.msgd.Messenger1", "Send"),
      try Self.call(":1.7", "/org/msgd/Messenger1", "org.msgd.Messenger1", "Send"),
      try Self.bus("AddMatch", [.string("type='signal'")]), try Self.bus("RequestName"),
      try Self.bus("StartServiceByName"),
      try Self.call(Remote.bus.destination, Remote.bus.path, "org.freedesktop.DBus.Monitoring", "Hello"),
    ] {
      let passed = try gate.take(message).passed
      #expect(Self.isRefused(passed) && passed.withUnsafeBytes { WireMessage($0)?.wantsAnswer } == true)
    }
  }

  /// The bus would close the connection if they came through, because no descriptors were agreed upon.
  @Test func descriptorsDoNotPass() throws {
    var gate = try Self.opened()
    var message = try Self.bus("GetId")
    let length = message.withUnsafeBytes { WireFrame($0)?.headerLength ?? 0 }
    let field = [WireMessage.Field.descriptors.rawValue, 1, UInt8(ascii: "u"), 0, 1, 0, 0, 0]
    message.insert(contentsOf: field, at: length)
    message.replaceSubrange(12..<16, with: withUnsafeBytes(of: UInt32(length - 16 + field.count), Array.init))
    #expect(message.withUnsafeBytes { WireMessage($0)?.descriptorCount } == 1)
    #expect(try Self.isRefused(gate.take(message).passed))
  }

  @Test func whoWantsNoAnswerGetsNone() throws {
    var gate = try Self.opened()
    var message = try Self.bus("RequestName")
    message[2] = 1  // NO_REPLY_EXPECTED
    let passed = try gate.take(message).passed
    #expect(Self.isRefused(passed) && passed.withUnsafeBytes { WireMessage($0)?.wantsAnswer } == false)
  }

  @Test func signalsAndAnswersGoNowhere() throws {
    var gate = try Self.opened()
    var signal = try Self.call("org.msgd.Messenger1", "/org/msgd/Messenger1", "org.msgd.Messenger1", "Send")
    signal[1] = MessageKind.signal.rawValue
    #expect(try gate.take(signal) == .init())
  }

  @Test func piecesMakeNoDifference() throws {
    let said = try Handshake.greeting + Self.bus("Hello") + Self.bus("AddMatch") + Self.bus("GetId")
    var whole = Self.gate()
    let expected = try whole.take(said)
    var gate = Self.gate()
    var outcome = MessageFilter.Outcome()
    for byte in said {
      let piece = try gate.take([byte])
      outcome.answer += piece.answer
      outcome.passed += piece.passed
    }
    #expect(outcome == expected && !outcome.passed.isEmpty)
  }

  @Test func aMessageIsBounded() throws {
    var gate = try Self.opened()
    var message = try Self.bus("Hello")
    message.replaceSubrange(4..<8, with: [0, 0, 0x20, 0])
    #expect(throws: MessageFilter.Violation(act: "sends too long a message")) { try gate.take(message) }
  }
}
