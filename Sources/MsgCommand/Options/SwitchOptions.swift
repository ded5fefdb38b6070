import MessengerClient
import MessengerContract

/// The options of a line that has only /TIME, /V and /W, or their GNU names.
///
/// ArgumentParser doesn't read such a line. It would take 9 of the 15 million instructions of `msg alice text`, and
/// nothing is left for it to understand when ``CommandLineParts`` has taken the line apart.
struct SwitchOptions: Equatable {
  private(set) var time: UInt32?
  private(set) var isVerbose = false
  private(set) var waits = false

  /// Nil if there is another option, or a value that ArgumentParser has to refuse.
  ///
  /// - Parameter options: ``CommandLineParts/options``.
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
  /// The message that such a line describes. Nil if ArgumentParser has to read the line.
  ///
  /// - Throws: an ``InputError`` for a recipient that is none, or a file of recipients that can't be used.
  init?(_ words: CommandLineParts, in surroundings: Surroundings) throws {
    guard let recipient = words.subject, let asked = SwitchOptions(words.options) else { return nil }
    try ShellExpansion.check([recipient] + words.message, listing: surroundings.listing)
    try self.init(to: recipient, saying: words.message, in: surroundings)
    options = SendOptions(timeout: asked.time, wait: asked.waits)
    output = asked.isVerbose ? .everything : .failures
  }
}
