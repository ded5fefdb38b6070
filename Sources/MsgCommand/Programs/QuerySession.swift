import ArgumentParser
import MessengerContract

/// The program `query-session`: `msg --sessions` as users of Windows know it.
enum QuerySession {
  /// Runs the program with these words.
  static func run(_ words: [String], in surroundings: Surroundings) throws -> ExitStatus {
    try QuerySessionOptions.answerShell(words)
    let taken = try CommandLineParts(words, switches: WindowsSwitch.ofQuerySession)
    let options = try QuerySessionOptions.read(taken.normalized)
    let machines = try options.machines.found(in: surroundings)
    return SessionList(filter: options.filter, machines: machines, isJSON: options.json).run(in: surroundings)
  }
}

/// The options and arguments of `query-session`.
struct QuerySessionOptions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query-session",
    abstract: "List the sessions of logged-in users.",
    usage: "query-session [user | session name | session id] [/SERVER:host]",
    discussion: """
      The columns are those of query session on Windows; > marks one's own session. /SERVER:host and /? stand for \
      --server and --help, with / or -, in capitals or not. The switches /MODE, /FLOW, /CONNECT, /COUNTER and /VM of \
      Windows are refused: there are no such things here.

      Exit status: 0 listed, 1 no such session, 64 wrong usage, 69 the service, the bus, logind or the host can't be \
      reached, 70 internal error, 74 the output can't be written, 77 not allowed.
      """,
    version: "query-session \(Messenger.version)")

  @Argument(
    help: "Only the sessions of that user, or the one of that name or id.", completion: .custom(Completion.recipients))
  var filter: String?

  @OptionGroup var machines: MachineOptions

  @Flag(help: "Print one JSON object per session and line.")
  var json = false
}
