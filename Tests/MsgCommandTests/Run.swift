import MessengerClient
import MessengerContract

@testable import MsgCommand

/// A run of a program, with its output.
final class Run {
  /// The surroundings in which it runs.
  struct World {
    var program = Program.msg
    var input: [UInt8] = []
    var isTerminal = false
    /// Pieces of standard input.
    var nextInput: @Sendable (Duration?) throws -> InputChunk = { _ in .end }
    /// The terminal that standard output and standard error are.
    var terminal: FakeTerminal?
    var listing: [String] = []
    var files: [String: [UInt8]] = [:]
    var service = FakeService(.success([.bob(.shown)]))
    /// This machine's service when it may ask for a password.
    var passwordService: FakeService?
    /// The services of other machines, by their names.
    var remote: [String: FakeService] = [:]
    /// The files of fleets.
    var fleetFiles: [String] = []
    /// The files that the user may not read.
    var forbiddenFiles: Set<String> = []
    /// What runs in place of msg-fleet. Nil: it isn't installed.
    var fleetCommand: [String]?
    var ownSession: String?
    /// The names of groups.
    var groups: [UInt32: String] = [:]
    /// The error number with which writing to standard output fails.
    var outputError: Int32 = 0
    /// The findings of `--doctor` on each machine; nil is this one.
    var found: @Sendable (String?) -> [Finding] = { _ in [] }
  }

  private(set) var output = ""
  private(set) var errors = ""
  private(set) var status: ExitStatus = .success
  /// The line that Ctrl-C would print.
  private(set) var interruptLine: String?
  /// The time limit for reaching each machine; nil is this one.
  private(set) var hostTimeout: [String?: Duration] = [:]
  let service: FakeService

  var call: FakeService.Call? { service.calls.first }

  init(_ words: [[UInt8]], in world: World) {
    service = world.service
    var surroundings = Surroundings(
      program: world.program, arguments: words, isInputTerminal: world.isTerminal,
      readInput: { Array(world.input.prefix($0 + 1)) },
      readFile: { path, limit in
        guard let bytes = world.files[path], !world.forbiddenFiles.contains(path) else {
          throw Missing(description: "can't read \(path)")
        }
        return Array(bytes.prefix(limit + 1))
      },
      fileExists: { world.files[$0] != nil },
      write: { text in
        if world.outputError == 0 { self.output += text }
        world.terminal?.put(text)
        return world.outputError
      },
      writeError: { text in
        self.errors += text
        world.terminal?.put(text)
      },
      listing: { Array(world.listing.prefix($0)) },
      hostName: { "here" }, ownSession: { world.ownSession }, now: { Timestamp(seconds: 1_795_241_721) },
      onInterrupt: { self.interruptLine = $0 },
      service: { host, hostTimeout in
        self.hostTimeout[host?.description] = hostTimeout
        return host.map { world.remote[$0.description] ?? FakeService() } ?? world.service
      })
    surroundings.errorTerminal = world.terminal?.asErrorTerminal
    surroundings.groupName = { world.groups[$0] }
    surroundings.passwordService = world.passwordService
    surroundings.nextInput = world.nextInput
    surroundings.fleetFiles = world.fleetFiles
    surroundings.isForbidden = { world.forbiddenFiles.contains($0) }
    surroundings.home = { "/home/ann" }
    surroundings.fleetCommand = world.fleetCommand
    surroundings.examine = { [found = world.found] host, _ in found(host?.description) }
    status = Command.run(in: surroundings)
  }

  convenience init(_ words: [[UInt8]], input: [UInt8] = [], listing: [String] = []) {
    self.init(words, in: World(input: input, listing: listing))
  }

  convenience init(_ words: String..., in world: World) {
    self.init(words.map { Array($0.utf8) }, in: world)
  }

  convenience init(
    _ words: String..., input: String = "", terminal: Bool = false,
    service: FakeService = FakeService(.success([.bob(.shown)]))
  ) {
    self.init(
      words.map { Array($0.utf8) }, in: World(input: Array(input.utf8), isTerminal: terminal, service: service))
  }

  private struct Missing: Error, CustomStringConvertible {
    let description: String
  }
}

extension Delivery {
  static func bob(_ state: DeliveryState, reply: String? = nil, error: MessengerError? = nil) -> Delivery {
    Delivery(
      sessionID: "2", userName: "bob", uid: 1001, state: state,
      details: DeliveryDetails(sessionName: ":2", userName: "bob", reply: reply, error: error))
  }

  static func alice(_ state: DeliveryState) -> Delivery {
    Delivery(
      sessionID: "5", userName: "alice", uid: 1000, state: state,
      details: DeliveryDetails(sessionName: "tty2", userName: "alice"))
  }

  static func onTerminal() -> Delivery {
    Delivery(
      sessionID: "9", userName: "cid", uid: 1003, state: .written,
      details: DeliveryDetails(sessionName: "pts/3", userName: "cid", by: .terminal))
  }

  static func unknown(_ name: String) -> Delivery {
    Delivery(
      sessionID: "", userName: name, uid: Messenger.noUID, state: .failed,
      details: DeliveryDetails(error: MessengerError(.noSuchRecipient, "nobody named \(name) is logged in")))
  }

  /// The signal that reports this delivery.
  var change: DeliveryChanges { DeliveryChanges(messageID: 1, deliveries: [self]) }
}
