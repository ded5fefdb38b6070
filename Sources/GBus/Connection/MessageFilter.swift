/// What a D-Bus client says that may call one object only: it is let in without a bus (D-Bus Specification,
/// Authentication Protocol), and of its messages those pass that go to this object, or ask the bus what a client of one
/// has to ask.
///
/// Other calls are replaced by one that the bus answers with an error. It decides from the bytes that have come,
/// whatever pieces they come in.
struct MessageFilter {
  /// What becomes of some bytes.
  struct Outcome: Equatable {
    /// What the client is told.
    var answer: [UInt8] = []
    /// What the bus is told.
    var passed: [UInt8] = []
  }

  /// What ends it: a sentence about the client without its subject.
  struct Violation: Error, Equatable {
    let act: String
  }

  /// What a client may ask the bus itself: nothing by which it would hear of others, be called, or start anything.
  private static let questions: Set = ["GetId", "GetNameOwner", "Hello", "NameHasOwner"]
  /// The longest message, as the system bus's services take it, and the longest line before.
  private static let longestMessage = 1 << 20
  private static let longestLine = 1024

  /// The call that stands for one that doesn't pass. The bus knows no such method, and its error names this.
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
  ///   - object: whose methods may be called, of whatever interface.
  ///   - id: the bus's, 32 hexadecimal digits.
  init(to object: Remote, id: String) {
    self.object = object
    self.id = id
  }

  /// Takes what the client says next.
  ///
  /// - Returns: what becomes of it, as far as it is whole.
  /// - Throws: a ``Violation`` where it is no D-Bus, or too long.
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

  /// Who the client is, its login has said: whatever identity it claims, or none, is taken.
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
