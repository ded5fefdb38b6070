import ArgumentParser
import MessengerContract

/// The program `msg-wall`: a message to everyone, on desktops and terminals, in the words of wall(1).
enum Wall {
  /// Runs the program with these words.
  static func run(_ words: [String], in surroundings: Surroundings) throws -> ExitStatus {
    try WallOptions.answerShell(words)
    let options = try WallOptions.read(words.map { $0 == "-V" ? "--version" : $0 })
    if options.nobanner {
      surroundings.complainByName("--nobanner has no effect: recipients always learn who sends")
    }
    var request = Request(
      recipients: [try recipient(options.group, in: surroundings)],
      message: try message(options.words, in: surroundings))
    request.options.terminals = .too
    return try MessageSender(request, in: surroundings).run()
  }

  /// The recipient that means a group, by its name or number; without one, everyone.
  private static func recipient(_ group: String?, in surroundings: Surroundings) throws -> String {
    guard let group else { return Messenger.everyone }
    guard let gid = UInt32(group) else { return "group:\(group)" }
    guard let name = surroundings.groupName(gid) else { throw InputError.content("there is no group \(group)") }
    return "group:\(name)"
  }

  /// The text of the words: the content of a file, if they are its name. Nil: it comes from standard input.
  private static func message(_ words: [String], in surroundings: Surroundings) throws -> String? {
    guard words.count == 1, surroundings.fileExists(words[0]) else {
      return words.isEmpty ? nil : words.joined(separator: " ")
    }
    return try MessageInput.read(file: words[0], in: surroundings)
  }
}

/// The options and arguments of `msg-wall`, which are those of wall of util-linux 2.38.
struct WallOptions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "msg-wall",
    abstract: "Show a message to everyone, on desktops and terminals.",
    usage: "msg-wall [-n] [-t seconds] [-g group] [message | file]",
    discussion: """
      The arguments are those of wall(1). Whoever is logged in on a desktop gets a popup, and whoever is logged in on \
      terminals only gets the text there. A single word that is a file's name means the file's content. Without a \
      message, msg-wall reads it from standard input.

      Exit status: 0 all reached, 1 some not reached, 64 wrong usage and nothing sent, 67 no such group, 69 the \
      service, the bus or logind can't be reached, 70 internal error, 74 the output can't be written, 77 not allowed.
      """,
    version: "msg-wall \(Messenger.version)")

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Only the members of that group; its name or number.", valueName: "group"))
  var group: String?

  @Flag(name: .shortAndLong, help: "Accepted, and without effect: recipients always learn who sends.")
  var nobanner = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Accepted, and without effect: no terminal delays the message. (1 or more)", valueName: "seconds"),
    transform: Self.seconds)
  var timeout: UInt32?

  @Argument(help: "The message, whose words are joined by single spaces; or one file.", completion: .file())
  var words: [String] = []

  private static func seconds(_ text: String) throws -> UInt32 {
    guard let seconds = UInt32(text), seconds > 0 else { throw ValidationError("Seconds are a number from 1 on.") }
    return seconds
  }
}
