import ArgumentParser
import MessengerContract

/// The typed options, as ArgumentParser reads them from ``Words/options``.
struct Options: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "msg",
    abstract: "Show a message on the desktops of logged-in users.",
    usage: "msg {user | session name | session id | '*'} [/TIME:seconds] [/V] [/W] [message]",
    discussion: """
      The recipient is a user (all of that user's sessions), a session's name such as tty2, :0 or console, or a session's \
      id. '*', quoted because the shell expands a bare one, or --all is everyone.

      /TIME:seconds, /V, /W and /? stand for --time, --verbose, --wait and --help, with / or -, in capitals or not, before \
      the recipient or after it. From the first word of the message on, every word is message; -- ends the options. A \
      message that begins with - or / is written with a backslash before it: '\\-5 degrees'. Without a message, it is \
      read from standard input, line breaks and all.

      Exit status: 0 all reached (with /W: all acknowledged), 1 some not reached, 3 all reached but, with /W, not \
      acknowledged by all, 64 wrong usage and nothing sent, 67 no such recipient, 69 the service or the bus can't be \
      reached, 70 internal error, 77 not allowed. Where /W ends with some not reached and others not acknowledged, it is 1.
      """,
    version: "msg \(Messenger.version)")

  @Option(
    help: ArgumentHelp(
      "Show the message for so long; 0 = until it is answered. (default: \(Messenger.defaultTimeout))",
      valueName: "seconds"),
    transform: Self.seconds)
  var time: UInt32?

  @Flag(help: "Tell what is done, session by session.")
  var verbose = false

  @Flag(help: "Wait until every recipient has answered or the time is over.")
  var wait = false

  @Flag(help: "Send to everyone; instead of a recipient.")
  var all = false

  /// Parses options.
  ///
  /// - Throws: a ``Refusal``, or a ``CleanExit`` for help and version.
  static func read(_ options: [String]) throws -> Options {
    do {
      return try parse(options)
    } catch {
      guard exitCode(for: error).isSuccess else { throw Refusal.usage(message(for: error)) }
      let text = fullMessage(for: error)
      throw CleanExit.message(text.hasSuffix("\n") ? text : text + "\n")
    }
  }

  /// Digits alone, in the range of msg.exe.
  private static func seconds(_ text: String) throws -> UInt32 {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int32(text) else {
      throw ValidationError("Seconds are a number from 0 to \(Int32.max).")
    }
    return UInt32(value)
  }
}
