import MessengerClient
import MessengerContract

/// What the command line asks for.
struct Request: Equatable {
  let recipient: String
  /// The message; nil where it is to be read from standard input.
  let message: String?
  let options: SendOptions
  let isVerbose: Bool

  /// Understands the command line.
  ///
  /// - Parameters:
  ///   - arguments: the words after the program's name.
  ///   - listing: tells the current folder's names, asked for only where words could be an expanded `*`.
  /// - Throws: a ``Refusal``, or ArgumentParser's `CleanExit` for help and version.
  init(arguments: [[UInt8]], listing: () -> [String]) throws {
    let words = try Words(
      arguments.enumerated().map { try UTF8Text.decode($0.element, source: "argument \($0.offset + 1)") })
    let options = try Options.read(words.options)
    recipient = try Self.recipient(words, isEveryone: options.all)
    if words.recipient != nil { try ShellExpansion.check([recipient] + words.message, listing: listing()) }
    message = words.message.isEmpty ? nil : words.message.joined(separator: " ")
    self.options = SendOptions(timeout: options.time, wait: options.wait)
    isVerbose = options.verbose
  }

  private static func recipient(_ words: Words, isEveryone: Bool) throws -> String {
    switch (words.recipient, isEveryone) {
    case (nil, true): return Messenger.everyone
    case (let recipient?, true): throw Refusal.usage("--all stands instead of a recipient, not beside '\(recipient)'")
    case (""?, false): throw Refusal.usage("the recipient is empty")
    case (let recipient?, false): return recipient
    case (nil, false):
      throw Refusal.usage("no recipient; everyone is '*', in quotes because the shell expands a bare one, or --all")
    }
  }
}
