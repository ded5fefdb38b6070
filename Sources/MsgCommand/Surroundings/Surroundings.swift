public import MessengerClient

/// The world outside the command.
public struct Surroundings {
  /// The name by which it was started.
  public var program: Program
  /// The words after the program's name, as the kernel passed them.
  public var arguments: [[UInt8]]
  /// Whether standard input is a terminal, so that somebody has to be told to type.
  public var isInputTerminal: Bool
  /// Reads standard input to its end, or until more than this number of bytes is there.
  public var readInput: (_ limit: Int) throws -> [UInt8]
  /// Reads a file to its end, or until more than this number of bytes is there.
  public var readFile: (_ path: String, _ limit: Int) throws -> [UInt8]
  /// Whether there is such a file.
  public var fileExists: (_ path: String) -> Bool
  /// Standard output.
  let output: StandardOutput
  /// Writes to standard error.
  public var writeError: (String) -> Void
  /// The names in the current folder but for hidden ones, which an unquoted `*` stands for; so many of them at the
  /// most.
  public var listing: (_ limit: Int) -> [String]
  /// This machine's name.
  public var hostName: () -> String
  /// The id of the session that the command runs in; nil where it runs in none.
  public var ownSession: () -> String?
  /// The time.
  public var now: () -> Timestamp
  /// From here on, until it is called again, Ctrl-C says this and ends the command with ``ExitStatus/interrupted``.
  public var onInterrupt: (_ interruptLine: String) -> Void
  /// The service of a machine, nil for this one, which may take so long to be reached. Nothing is opened yet.
  public var service: (_ host: RemoteHost?, _ connectTimeout: Duration) -> any ServiceClient

  /// This machine's service once more, for what it has refused: now somebody may be asked for a password. nil where
  /// nobody is.
  public var passwordService: (any ServiceClient)?

  /// What `--doctor` finds on a machine, nil for this one, which may take so long to be reached.
  var examine: @Sendable (_ host: RemoteHost?, _ connectTimeout: Duration) -> [Finding] = { host, timeout in
    CheckRunner(host: host, connectTimeout: timeout).findings()
  }

  /// A world to run the command in. `write` writes all of a text to standard output, and returns the error number where
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
  /// Writes a line to standard output. Only where `keepingTabs` says so is a tab more than a mark.
  func say(_ line: String, keepingTabs: Bool = false) {
    output.put(Self.printable(line, keepingTabs) + "\n")
  }

  /// Writes a line to standard error.
  func complain(_ line: String) {
    writeError(Self.printable(line, false) + "\n")
  }

  /// Writes a line to standard error that begins with the program's name: of what goes beyond a single recipient.
  func complainByName(_ line: String) {
    complain("\(program.rawValue): \(line)")
  }

  /// A text as one harmless line. Names and reasons come from other users' programs: left as they are, their control
  /// characters could steer the sender's terminal or forge a line.
  private static func printable(_ line: String, _ keepingTabs: Bool) -> String {
    var text = String.UnicodeScalarView()
    for scalar in line.unicodeScalars {
      text.append(scalar.isSteering && !(keepingTabs && scalar == "\t") ? "\u{FFFD}" : scalar)
    }
    return String(text)
  }
}
