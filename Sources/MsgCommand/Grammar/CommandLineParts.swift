/// A command line taken apart: options in the GNU manner, the first word that is none, and the words after it.
struct CommandLineParts: Equatable {
  private(set) var options: [String] = []
  /// The recipient of a message; a filter for sessions.
  private(set) var subject: String?
  private(set) var message: [String] = []
  /// CommandLineParts of the message that would be switches before it. After `--` no word would.
  private(set) var switchesInMessage: [String] = []

  /// The same for ArgumentParser: what is no option stands after `--`.
  var normalized: [String] {
    let options = options.flatMap(Self.separated)
    guard let subject else { return options }
    return options + ["--", subject] + message
  }

  /// Options count up to the message's first word or `--`, before the subject or after it.
  ///
  /// - Parameters:
  ///   - words: the command line.
  ///   - switches: the program's Windows switches.
  ///   - everyone: what the option `--all` stands for as the subject; nil where there is no such option.
  /// - Throws: a ``InputError`` over a word that looks like a switch and is none.
  init(_ words: [String], switches: [WindowsSwitch], everyone: String? = nil) throws {
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        if subject == nil { subject = rest.popFirst() }
        message = Array(rest)
        return
      } else if word == "--all", let everyone {
        if let subject, !options.contains(word) {
          throw InputError.usage("--all stands instead of a recipient, not beside '\(subject)'")
        }
        options.append(word)
        subject = everyone
      } else if word.hasPrefix("--") || word == "-h" {
        options.append(Self.optionsWithValue.contains(word) ? Self.joined(word, &rest) : word)
      } else if word.hasPrefix("-") || word.hasPrefix("/") {
        options.append(try switches.option(for: word, mayBeMessage: everyone != nil && subject != nil))
      } else if subject == nil {
        subject = word
      } else {
        // msg.exe needs the backslash; after `--` there is nothing that it could protect from.
        message = [Self.withoutBackslash(word)] + rest
        switchesInMessage = rest.filter { Self.isSwitch($0, among: switches) }
        return
      }
    }
  }

  /// The GNU options whose value may stand in the next word.
  static let optionsWithValue: Set = [
    "--connect-timeout", "--icon", "--reply", "--server", "--time", "--title", "--urgency", "--withdraw",
  ]

  /// An option and the word after it in one, so that the value may begin with a dash and be refused by name.
  private static func joined(_ option: String, _ rest: inout ArraySlice<String>) -> String {
    rest.popFirst().map { "\(option)=\($0)" } ?? option
  }

  /// An empty value in a word of its own: ArgumentParser takes one after the `=` for a missing value.
  private static func separated(_ option: String) -> [String] {
    guard option.hasSuffix("="), optionsWithValue.contains(String(option.dropLast())) else { return [option] }
    return [String(option.dropLast()), ""]
  }

  private static func isSwitch(_ word: String, among switches: [WindowsSwitch]) -> Bool {
    guard word.hasPrefix("--") else { return switches.contains { $0.isMeant(by: word) } }
    let name = String(word.prefix { $0 != "=" })
    return optionsWithValue.contains(name) || switches.contains { $0.option == name }
  }

  private static func withoutBackslash(_ word: String) -> String {
    word.hasPrefix("\\-") || word.hasPrefix("\\/") ? String(word.dropFirst()) : word
  }
}
