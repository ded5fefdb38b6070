/// The command line taken apart: options in the GNU manner, the recipient, and the words of the message.
struct Words: Equatable {
  private(set) var options: [String] = []
  private(set) var recipient: String?
  private(set) var message: [String] = []

  /// Options count up to the message's first word or `--`, before the recipient or after it.
  ///
  /// - Throws: a ``Refusal`` over a word that looks like a switch and is none.
  init(_ words: [String]) throws {
    var rest = words[...]
    var isEveryone = false
    while let word = rest.popFirst() {
      if word == "--" {
        takePlain(rest, isEveryone: isEveryone)
        return
      } else if word.hasPrefix("--") || word == "-h" {
        isEveryone = isEveryone || word == "--all"
        options.append(WindowsSwitch.optionsWithValue.contains(word) ? Self.joined(word, &rest) : word)
      } else if word.hasPrefix("-") || word.hasPrefix("/") {
        options.append(try WindowsSwitch.option(for: word))
      } else if recipient == nil && !isEveryone {
        recipient = word
      } else {
        // msg.exe needs the backslash; after `--` there is nothing that it could protect from.
        message = [Self.withoutBackslash(word)] + rest
        return
      }
    }
  }

  private mutating func takePlain(_ words: ArraySlice<String>, isEveryone: Bool) {
    var words = words
    if recipient == nil && !isEveryone { recipient = words.popFirst() }
    message = Array(words)
  }

  /// An option and the word after it in one, so that the value may begin with a dash and be refused by name.
  private static func joined(_ option: String, _ rest: inout ArraySlice<String>) -> String {
    rest.popFirst().map { "\(option)=\($0)" } ?? option
  }

  private static func withoutBackslash(_ word: String) -> String {
    word.hasPrefix("\\-") || word.hasPrefix("\\/") ? String(word.dropFirst()) : word
  }
}
