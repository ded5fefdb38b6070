import MessengerClient
import MessengerContract

/// What a line asks for that has msg.exe's own switches only: /TIME, /V and /W, or their GNU names.
///
/// ArgumentParser doesn't read such a line. It would take 9 of the 15 million instructions of `msg alice text`, and
/// nothing is left for it to understand when ``CommandLineParts`` has taken the line apart.
struct SwitchOptions: Equatable {
  private(set) var time: UInt32?
  private(set) var isVerbose = false
  private(set) var waits = false

  /// Nil where one is another option, or has a value that ArgumentParser is to refuse.
  ///
  /// - Parameter options: as in ``CommandLineParts/options``.
  init?(_ options: [String]) {
    for option in options {
      switch option {
      case "--verbose": isVerbose = true
      case "--wait": waits = true
      default:
        guard option.hasPrefix("--time="), let time = MsgOptions.seconds(in: option.dropFirst("--time=".count)) else {
          return nil
        }
        self.time = time
      }
    }
  }
}

extension Request {
  /// What a line of msg.exe's own asks to be sent; nil where ArgumentParser has to read the line.
  ///
  /// - Throws: a ``InputError`` over a recipient that is none, or a file of recipients that can't be used.
  init?(_ words: CommandLineParts, in surroundings: Surroundings) throws {
    guard let recipient = words.subject, let asked = SwitchOptions(words.options) else { return nil }
    try ShellExpansion.check([recipient] + words.message, listing: surroundings.listing)
    try self.init(to: recipient, saying: words.message, in: surroundings)
    options = SendOptions(timeout: asked.time, wait: asked.waits)
    output = asked.isVerbose ? .everything : .failures
  }
}
