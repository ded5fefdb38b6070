import MessengerClient
import MessengerContract
import Synchronization

@testable import MsgCommand

/// A command line, with a word in each line. Nothing is invented, and the words for ArgumentParser mean the same.
/// Without ArgumentParser, which is slow, this tests a thousand times as many lines as ``fuzzMsg(_:)``.
func fuzzWords(_ input: Input) {
  let line = input.parts(separatedBy: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  guard let words = try? CommandLineParts(line, switches: WindowsSwitch.ofMsg, everyone: "*") else { return }
  let isAll = words.options.contains("--all")
  require(words.subject.map { isAll || line.contains($0) } ?? true, "\(words) has a subject of its own")
  require(line.suffix(max(0, words.message.count - 1)) == words.message.dropFirst(), "\(words) lost words")
  if let first = words.message.first { require(line.contains { $0.ends(with: first) }, "\(first) was not written") }
  // A value is missing, or the time of day after `--hold=until`.
  let isComplete =
    words.options.last.map { !CommandLineParts.optionsWithValue.contains($0) && $0 != "--hold=until" } ?? true
  // An option that needs no value has one in a word of its own, which only ArgumentParser takes for it.
  let hasOwnValue = words.normalized.prefix { $0 != "--" }.contains { CommandLineParts.impliedValues[$0] != nil }
  guard isComplete, !isAll, !hasOwnValue else { return }
  let again = try? CommandLineParts(words.normalized, switches: WindowsSwitch.ofMsg, everyone: "*")
  // A switch in the message is reported in the form in which it was written.
  require(again?.normalized == words.normalized, "\(words) and, read again, \(String(describing: again))")
}

/// The programs' grammar. An input is a command line, with a word in each line. After an empty line follows the content
/// of every file and of standard input.
///
/// Whole programs run, in a world without a bus. What they send and print is checked.
func fuzzMsg(_ input: Input) {
  let (line, run) = run(.msg, input)
  guard let call = run.service.calls.first,
    let words = try? CommandLineParts(line, switches: WindowsSwitch.ofMsg, everyone: "*")
  else { return }
  require(run.service.calls.count <= run.hosts, "sent twice: \(run.service.calls)")
  // ArgumentParser must read the line as CommandLineParts does. It reads every line with such an option, which changes
  // nothing.
  let asked = Run(.msg, (["--connect-timeout=10"] + line).map { Array($0.utf8) }, content: Array(run.content.utf8))
  require(asked.service.calls == run.service.calls, "sent \(call), and ArgumentParser \(asked.service.calls)")
  let subject = require(words.subject, "sent to nobody's word: \(call)")
  let isWhole =
    words.message.isEmpty
    ? run.content.utf8.starts(with: call.body.utf8) : call.body == words.message.joined(separator: " ")
  require(isWhole, "the message was \(words.message), sent was \(call.body)")
  let given = Set(subject.split(separator: ",").map(String.init))
  for recipient in call.recipients {
    require(!recipient.isEmpty, "sent to an empty recipient")
    require(given.contains(recipient) || run.content.holds(recipient), "sent to \(recipient), who was not given")
  }
  require(Set(call.recipients).count == call.recipients.count, "sent to somebody twice: \(call.recipients)")
}

/// Every word after the recipient belongs to the message, whatever it looks like.
func fuzzNetSend(_ input: Input) {
  let (words, run) = run(.netSend, input)
  guard let call = run.service.calls.first else { return }
  require(words.joined(separator: " ").ends(with: call.body), "sent was \(call.body)")
  require(call.recipients.count == 1, "sent to \(call.recipients)")
  require(call.recipients == ["*"] || words.contains(call.recipients[0]), "sent to \(call.recipients)")
}

/// A question sends nothing.
func fuzzQuerySession(_ input: Input) {
  let (_, run) = run(.querySession, input)
  require(run.service.calls.isEmpty && run.service.withdrawn.isEmpty, "sent by asking")
}

/// A message to everyone or a group, of the words or the content.
func fuzzWall(_ input: Input) {
  let (_, run) = run(.wall, input)
  guard let call = run.service.calls.first else { return }
  require(call.recipients.count == 1, "sent to \(call.recipients)")
  require(call.recipients == ["*"] || call.recipients[0].utf8.starts(with: "group:".utf8), "sent to \(call.recipients)")
  require(call.options.terminals == .too, "not written on terminals")
}

private func run(_ program: Program, _ input: Input) -> ([String], Run) {
  let lines = input.parts(separatedBy: UInt8(ascii: "\n"))
  let words = Array(lines.prefix { !$0.isEmpty })
  let content = Array(lines.dropFirst(words.count + 1).joined(separator: [UInt8(ascii: "\n")]))
  let run = Run(program, words, content: content)
  return (words.map { String(decoding: $0, as: UTF8.self) }, run)
}

/// A run of a program. It must end by itself, with a documented status, and print only complete, harmless lines.
private final class Run {
  let service = RecordingService()
  let content: String
  private(set) var hosts = 0
  private var output = ""

  init(_ program: Program, _ words: [[UInt8]], content: [UInt8]) {
    self.content = String(decoding: content, as: UTF8.self)
    // Completion requests from the shell would be answered from this machine.
    guard !words.contains(where: { $0.starts(with: Array("---completion".utf8)) }) else { return }
    let status = Command.run(in: world(program, words, content))
    if status == .usage {
      require(service.calls.isEmpty && service.updates.isEmpty, "wrong usage, and sent: \(service.calls)")
    }
    require(status != .internalError, "an internal error: \(output)")
    require(output.isEmpty || output.last == "\n", "half a line: \(output)")
    let isHarmless = output.unicodeScalars.allSatisfy {
      $0 == "\n" || $0 == "\t" || CharacterPolicy.terminalLine.admits($0)
    }
    require(isHarmless, "it would steer the terminal: \(output.debugDescription)")
  }

  private func world(_ program: Program, _ words: [[UInt8]], _ content: [UInt8]) -> Surroundings {
    var surroundings = Surroundings(
      program: program, arguments: words, isInputTerminal: false, readInput: { Array(content.prefix($0 + 1)) },
      readFile: { Array(content.prefix($1 + 1)) }, fileExists: { _ in !content.isEmpty },
      write: {
        self.output += $0
        return 0
      },
      writeError: { self.output += $0 }, listing: { Array(["file"].prefix($0)) }, hostName: { "here" },
      ownSession: { nil },
      now: { Timestamp(seconds: 1_795_241_721) }, onInterrupt: { _ in },
      service: { _, _ in
        self.hosts += 1
        return self.service
      })
    let pieces = Mutex(content.isEmpty ? [] : [InputChunk.bytes(content)])
    surroundings.nextInput = { _ in pieces.withLock { $0.popLast() ?? .end } }
    return surroundings
  }
}

/// A service that reaches everybody.
private final class RecordingService: ServiceClient {
  struct Call: Equatable {
    let recipients: [String]
    let body: String
    let options: SendOptions
  }

  private let sent = Mutex<[Call]>([])
  private let ids = Mutex<[UInt64]>([])
  private let changed = Mutex<[String]>([])

  /// The new texts of messages.
  var updates: [String] { changed.withLock { $0 } }
  var calls: [Call] { sent.withLock { $0 } }
  var withdrawn: [UInt64] { ids.withLock { $0 } }

  func send(
    to recipients: [String], body: String, options: SendOptions, onChange: (DeliveryChanges) -> Void
  ) -> Receipt {
    sent.withLock { $0.append(Call(recipients: recipients, body: body, options: options)) }
    return Receipt(
      id: 1,
      deliveries: recipients.map {
        Delivery(sessionID: "1", userName: $0, uid: 1000, state: .shown, details: DeliveryDetails(sessionName: $0))
      })
  }

  func update(_ id: UInt64, body: String, options: SendOptions) { changed.withLock { $0.append(body) } }

  func deliveries(of id: UInt64) -> [Delivery] { [] }

  func sessions() -> [Session] { [] }

  func withdraw(_ id: UInt64) { ids.withLock { $0.append(id) } }

  func heldMessages() -> [HeldMessage] { [] }

  func setMuted(_ isMuted: Bool) {}

  func isMuted() -> Bool { false }

  func properties() -> ServiceProperties {
    ServiceProperties(version: "1", defaultTimeout: 60, maximumBodyLength: 4096)
  }
}
