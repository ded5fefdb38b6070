import Glibc
public import MessengerClient
import MessengerContract

/// The outside world of the command. Tests pass in their own.
public struct Surroundings {
  /// The name by which it was started.
  public var program: Program
  /// The words after the program's name, as the kernel passed them.
  public var arguments: [[UInt8]]
  /// Whether standard input is a terminal, so that msg asks the user to type.
  public var isInputTerminal: Bool
  /// Reads standard input to its end, or until it has more bytes than the limit.
  public var readInput: (_ limit: Int) throws -> [UInt8]
  /// Reads a file to its end, or until it has more bytes than the limit.
  public var readFile: (_ path: String, _ limit: Int) throws -> [UInt8]
  /// Whether a file exists.
  public var fileExists: (_ path: String) -> Bool
  /// Standard output.
  let output: StandardOutput
  /// Writes to standard error.
  public var writeError: (String) -> Void
  /// Up to `limit` of the names that an unquoted `*` stands for: those in the current folder, without hidden ones.
  public var listing: (_ limit: Int) -> [String]
  /// This machine's name.
  public var hostName: () -> String
  /// The id of the session that the command runs in. Nil if it runs in none.
  public var ownSession: () -> String?
  /// The time.
  public var now: () -> Timestamp
  /// Sets the line that Ctrl-C prints before it ends the command with ``ExitStatus/interrupted``.
  public var onInterrupt: (_ interruptLine: String) -> Void
  /// The service of a machine, nil for this one, which may take `connectTimeout` to reach. Opens nothing yet.
  public var service: (_ host: RemoteHost?, _ connectTimeout: Duration) -> any ServiceClient

  /// This machine's service for calls that it has refused: here it may ask for a password. Nil if there is nobody to
  /// ask.
  public var passwordService: (any ServiceClient)?

  /// Waits for a piece of standard input, nil without limit: see ``InputChunk/next(from:within:)``. Any thread may
  /// call.
  var nextInput: @Sendable (_ timeout: Duration?) throws -> InputChunk = { try .next(from: 0, within: $0) }

  /// The name of a group. Nil if there is none.
  var groupName: (_ gid: UInt32) -> String? = Self.groupName

  /// The files of fleets, the user's first. None if the user has no home.
  var fleetFiles: [String] = []

  /// The user's home. Nil if it is unknown.
  var home: () -> String? = { getenv("HOME").map { String(cString: $0) } }

  /// Whether a file may be there, and permissions keep the user from reading it.
  var isForbidden: (_ path: String) -> Bool = Self.isForbidden

  /// The program msg-fleet. Nil if it isn't installed.
  var fleetCommand: [String]?

  /// The terminal on standard error. Nil if it certainly is none.
  var errorTerminal: ErrorTerminal?

  /// Runs the checks of `--doctor` on a machine, nil for this one, which may take `connectTimeout` to reach.
  var examine: @Sendable (_ host: RemoteHost?, _ connectTimeout: Duration) -> [Finding] = { host, timeout in
    CheckRunner(host: host, connectTimeout: timeout).findings()
  }

  /// Surroundings made of these parts. `write` writes all of a text to standard output. It returns the error number if
  /// that fails, else 0.
  public init(
    program: Program, arguments: [[UInt8]], isInputTerminal: Bool,
    readInput: @escaping (_ limit: Int) throws -> [UInt8],
    readFile: @escaping (_ path: String, _ limit: Int) throws -> [UInt8],
    fileExists: @escaping (_ path: String) -> Bool,
    write: @escaping (String) -> Int32, writeError: @escaping (String) -> Void,
    listing: @escaping (_ limit: Int) -> [String], hostName: @escaping () -> String,
    ownSession: @escaping () -> String?,
    now: @escaping () -> Timestamp, onInterrupt: @escaping (_ interruptLine: String) -> Void,
    service: @escaping (_ host: RemoteHost?, _ connectTimeout: Duration) -> any ServiceClient
  ) {
    self.program = program
    self.arguments = arguments
    self.isInputTerminal = isInputTerminal
    self.readInput = readInput
    self.readFile = readFile
    self.fileExists = fileExists
    output = StandardOutput(write)
    self.writeError = writeError
    self.listing = listing
    self.hostName = hostName
    self.ownSession = ownSession
    self.now = now
    self.onInterrupt = onInterrupt
    self.service = service
  }
}

extension Surroundings {
  /// Writes a line to standard output. Replaces tabs, like other control characters, unless `keepingTabs`.
  func say(_ line: String, keepingTabs: Bool = false) {
    output.put(Self.printable(line, keepingTabs) + "\n")
  }

  /// Writes a line to standard error.
  func complain(_ line: String) {
    writeError(Self.printable(line, false) + "\n")
  }

  /// Writes a line to standard error that begins with the program's name. Used for all but single recipients.
  func complainByName(_ line: String) {
    complain("\(program.rawValue): \(line)")
  }

  /// A text as one harmless line. Names and reasons come from other users' programs.
  private static func printable(_ line: String, _ keepingTabs: Bool) -> String {
    (keepingTabs ? CharacterPolicy.terminalFields : .terminalLine).applied(to: line)
  }
}
