/// The world outside the command.
public struct Surroundings {
  /// The words after the program's name, as the kernel passed them.
  public var arguments: [[UInt8]]
  /// Whether standard input is a terminal, so that somebody has to be told to type.
  public var isInputTerminal: Bool
  /// Reads standard input to its end, or until more than this number of bytes is there.
  public var readInput: (_ limit: Int) throws -> [UInt8]
  /// Writes to standard output.
  public var write: (String) -> Void
  /// Writes to standard error.
  public var writeError: (String) -> Void
  /// The names in the current folder but for hidden ones, which an unquoted `*` stands for.
  public var listing: () -> [String]
  /// Who sends the message.
  public var sender: any MessageSender

  /// A world to run the command in.
  public init(
    arguments: [[UInt8]], isInputTerminal: Bool, readInput: @escaping (_ limit: Int) throws -> [UInt8],
    write: @escaping (String) -> Void, writeError: @escaping (String) -> Void,
    listing: @escaping () -> [String], sender: any MessageSender
  ) {
    self.arguments = arguments
    self.isInputTerminal = isInputTerminal
    self.readInput = readInput
    self.write = write
    self.writeError = writeError
    self.listing = listing
    self.sender = sender
  }
}

extension Surroundings {
  /// Writes a line to standard output.
  func say(_ line: String) {
    write(Self.printable(line) + "\n")
  }

  /// Writes a line to standard error.
  func complain(_ line: String) {
    writeError(Self.printable(line) + "\n")
  }

  /// A text as one harmless line. Names and reasons come from other users' programs: left as they are, their control
  /// characters could steer the sender's terminal or forge a line.
  private static func printable(_ line: String) -> String {
    var text = String.UnicodeScalarView()
    for scalar in line.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: text.append("\u{FFFD}")
      default: text.append(scalar)
      }
    }
    return String(text)
  }
}
