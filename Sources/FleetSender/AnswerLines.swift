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
  func sent(_ id: MessageID, expires: Int64) {
    write(#"{"is":"sent","id":"\#(id)","expires":\#(expires)}"#)
  }

  /// How many machines there are, and how many of them are offline.
  func count(machines: Int, offline: Int) {
    write(#"{"is":"count","machines":\#(machines),"offline":\#(offline)}"#)
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
    write(
      #"{"is":"missing","machine":"\#(machine)","state":"\#(state)","since":\#(since.map { "\($0)" } ?? "null")}"#)
  }

  /// A machine, for the list of them.
  func machine(_ name: FleetName, _ machine: Roster.Machine) {
    write(
      #"{"is":"machine","machine":"\#(name)","online":\#(machine.isOnline),"since":"#
        + (machine.since.map { "\($0)" } ?? "null")
        + #","left":\#(machine.hasLeft),"agent":\#(Self.quoted(machine.agentVersion))}"#)
  }

  /// A result of `--doctor`.
  func finding(_ finding: SenderFinding) {
    write(
      #"{"is":"finding","check":\#(Self.quoted(finding.check)),"state":"\#(finding.state.rawValue)","text":"#
        + Self.quoted(finding.text) + #","reason":"# + (finding.reason.map(Self.quoted) ?? "null") + #","fix":"#
        + (finding.fix.map(Self.quoted) ?? "null") + "}")
  }

  /// Something that the user should know while `msg` waits.
  func note(_ text: String) { write(#"{"is":"note","text":\#(Self.quoted(text))}"#) }

  /// It has failed.
  func failed(_ error: MessengerError) {
    write(#"{"is":"failed","error":"\#(error.code.busName)","error-message":\#(Self.quoted(error.message))}"#)
  }

  /// Nothing follows.
  func end() { write(#"{"is":"end"}"#) }

  private static func quoted(_ text: String) -> String {
    String(decoding: JSONValue.text(text).line, as: UTF8.self)
  }

  private func write(_ line: String) { write(Array(line.utf8)) }

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
