/// A filter for the messages of a D-Bus client that may call only one object. It authenticates the client without a bus
/// (D-Bus Specification, Authentication Protocol). It passes messages to this object, and the questions that a client
/// of one object must ask the bus.
///
/// Other calls are replaced by one that the bus answers with an error. Its decisions depend only on the bytes, not on
/// the pieces in which they arrive.
struct MessageFilter {
  /// The results of some bytes.
  struct Outcome: Equatable {
    /// The bytes to send to the client.
    var answer: [UInt8] = []
    /// The bytes to send to the bus.
    var passed: [UInt8] = []
  }

  /// An act of the client that ends the connection: a sentence without its subject.
  struct Violation: Error, Equatable {
    let act: String
  }

  /// The questions that a client may ask the bus itself. With none of them it could hear of others, be called, or start
  /// anything.
  private static let questions: Set = ["GetId", "GetNameOwner", "Hello", "NameHasOwner"]
  /// The longest message, the same as for services on the system bus, and the longest line before the messages.
  private static let longestMessage = 1 << 20
  private static let longestLine = 1024

  /// The call that replaces one that may not pass. The bus knows no such method, and its error names this one.
  private static let refusal = PreparedCall(
    known: Remote(destination: Remote.bus.destination, path: Remote.bus.path, interface: "org.msgd.MessagesOnly"),
    "OnlyMessagesAreAllowedHere")

  private enum State {
    case beginning, rejected, asked, accepted, open
  }

  private let object: Remote
  private let id: String
  private var state = State.beginning
  private var pending: [UInt8] = []

  /// - Parameters:
  ///   - object: the object whose methods may be called, on any interface.
  ///   - id: the bus's id, 32 hexadecimal digits.
  init(to object: Remote, id: String) {
    self.object = object
    self.id = id
  }

  /// Takes the client's next bytes.
  ///
  /// - Returns: the results of all complete lines and messages.
  /// - Throws: a ``Violation`` if the bytes aren't D-Bus, or are too long.
  mutating func take(_ bytes: some Sequence<UInt8>) throws(Violation) -> Outcome {
    pending += bytes
    var outcome = Outcome()
    if state == .beginning, !pending.isEmpty {
      guard pending.removeFirst() == 0 else { throw Violation(act: "speaks no D-Bus") }
      state = .rejected
    }
    while state != .open, let line = try nextLine() { outcome.answer += Array(try answer(to: line).utf8) }
    while state == .open, let message = try nextMessage() { outcome.passed += try passed(message) }
    return outcome
  }

  private mutating func nextLine() throws(Violation) -> String? {
    guard let end = pending.firstIndex(of: UInt8(ascii: "\n")) else {
      guard pending.count <= Self.longestLine else { throw Violation(act: "sends too long a line") }
      return nil
    }
    let line = pending[..<end]
    guard line.last == UInt8(ascii: "\r"), line.dropLast().allSatisfy({ (0x20...0x7e).contains($0) }) else {
      throw Violation(act: "speaks no D-Bus")
    }
    pending.removeFirst(end + 1)
    return String(decoding: line.dropLast(), as: UTF8.self)
  }

  /// Answers a line of the authentication. The login has established who the client is, so any claimed identity is
  /// accepted, or none.
  private mutating func answer(to line: String) throws(Violation) -> String {
    let words = line.split(separator: " ")
    switch (words.first, state) {
    case ("AUTH", _) where ["ANONYMOUS", "EXTERNAL"].contains(words.dropFirst().first):
      state = words.count > 2 ? .accepted : .asked
      return state == .accepted ? "OK \(id)\r\n" : "DATA\r\n"
    case ("DATA", .asked):
      state = .accepted
      return "OK \(id)\r\n"
    case ("AUTH", _), ("CANCEL", _), ("ERROR", _):
      state = .rejected
      return "REJECTED EXTERNAL ANONYMOUS\r\n"
    case ("BEGIN", .accepted) where words.count == 1:
      state = .open
      return ""
    case ("BEGIN", _): throw Violation(act: "begins before it is let in")
    default: return "ERROR\r\n"  // there are no file descriptors here, either
    }
  }

  private mutating func nextMessage() throws(Violation) -> [UInt8]? {
    guard pending.count >= WireFrame.size else { return nil }
    guard let frame = pending.withUnsafeBytes({ WireFrame($0) }) else { throw Violation(act: "speaks no D-Bus") }
    guard frame.length <= Self.longestMessage else { throw Violation(act: "sends too long a message") }
    guard pending.count >= frame.length else { return nil }
    let message = Array(pending[..<frame.length])
    pending.removeFirst(frame.length)
    return message
  }

  private func passed(_ bytes: [UInt8]) throws(Violation) -> [UInt8] {
    let verdict: (passes: Bool, frame: WireFrame, wantsAnswer: Bool)? = bytes.withUnsafeBytes { bytes in
      guard let message = WireMessage(bytes) else { return nil }
      return (mayPass(message), message.frame, message.wantsAnswer)
    }
    guard let verdict else { throw Violation(act: "sends a message that can't be read") }
    if verdict.passes { return bytes }
    guard verdict.frame.kind == .call else { return [] }
    var refusal = verdict.wantsAnswer ? Self.refusal.message : Self.refusal.withoutAnswer.message
    var replaced: [UInt8] = []
    refusal.withBytes(serial: verdict.frame.serial) { replaced = Array($0) }
    return replaced
  }

  private func mayPass(_ message: WireMessage) -> Bool {
    guard message.frame.kind == .call, message.descriptorCount == 0 else { return false }
    switch message[.destination] {
    case object.destination: return message[.path] == object.path
    case Remote.bus.destination:
      return [nil, Remote.bus.interface].contains(message[.interface])
        && Self.questions.contains(message[.member] ?? "")
    default: return false
    }
  }
}
