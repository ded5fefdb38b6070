internal import FleetContract
internal import Glibc
internal import MessengerContract
internal import PlainJSON

/// What msg-fleet tells `msg`: lines of JSON on standard output. Writing waits until `msg` reads, and with it the
/// connection, so that nothing piles up here.
struct AnswerLines: Sendable {
  private let descriptor: Int32

  init(to descriptor: Int32) { self.descriptor = descriptor }

  /// The broker has taken the message.
  func sent(_ id: MessageID, expires: Int64) { write("sent", ["id": id.json, "expires": .integer(expires)]) }

  /// How many machines there are, and how many of them are offline.
  func count(machines: Int, offline: Int) {
    write("count", ["machines": .integer(Int64(machines)), "offline": .integer(Int64(offline))])
  }

  /// A machine's receipt, which is valid JSON: a line break in it is no more than space.
  func receipt(_ payload: [UInt8], of machine: FleetName) {
    write(
      Array(#"{"is":"receipt","machine":"\#(machine)","receipt":"#.utf8)
        + payload.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 } + Array("}".utf8))
  }

  /// A machine sends so much that it is not listened to any more.
  func flood(_ machine: FleetName) { missing(machine, state: "flood", since: nil) }

  /// A machine has not answered.
  func missing(_ machine: FleetName, state: String, since: Int64?) {
    write("missing", ["machine": machine.json, "state": .text(state), "since": since.map { .integer($0) }])
  }

  /// A machine, for the list of them.
  func machine(_ name: FleetName, _ machine: Roster.Machine) {
    write(
      "machine",
      [
        "machine": name.json, "online": .boolean(machine.isOnline), "since": machine.since.map { .integer($0) },
        "left": .boolean(machine.hasLeft), "agent": .text(machine.agentVersion),
      ])
  }

  /// A result of `--doctor`.
  func finding(_ finding: SenderFinding) {
    write(
      "finding",
      [
        "check": .text(finding.check), "state": .text(finding.state.rawValue), "text": .text(finding.text),
        "reason": finding.reason.map { .text($0) }, "fix": finding.fix.map { .text($0) },
      ])
  }

  /// Something that the user should know while `msg` waits.
  func note(_ text: String) { write("note", ["text": .text(text)]) }

  /// It has failed.
  func failed(_ error: MessengerError) {
    write("failed", ["error": .text(error.code.busName), "error-message": .text(error.message)])
  }

  /// Nothing follows.
  func end() { write("end", [:]) }

  private func write(_ kind: String, _ members: [String: JSONValue?]) {
    write(JSONValue.object(members.compactMapValues(\.self).merging(["is": .text(kind)]) { $1 }).line)
  }

  private func write(_ line: [UInt8]) {
    var rest = (line + [0x0A])[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      // msg is gone, which the main thread sees on standard input.
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}

/// A result of `--doctor`.
struct SenderFinding: Equatable {
  /// The states of `msg`'s findings that there are here.
  enum State: String {
    case ok, note, wrong
  }

  var check: String
  var state: State
  var text: String
  var reason: String?
  var fix: String?
}
