import MessengerContract

/// A command line taken apart: its options in GNU form, the first word that isn't an option, and the words after it.
struct CommandLineParts: Equatable {
  private(set) var options: [String] = []
  /// The recipient of a message, or the filter of a list of sessions. Nil with `--update`: all words are its text.
  private(set) var subject: String?
  private(set) var message: [String] = []
  /// Words of the message that would be switches if they stood before it. Empty after `--`.
  private(set) var switchesInMessage: [String] = []

  /// The words as ArgumentParser reads them: those that aren't options follow `--`.
  var normalized: [String] {
    let options = options.flatMap(Self.separated)
    let words = [subject].compactMap(\.self) + message
    return words.isEmpty ? options : options + ["--"] + words
  }

  /// Reads options up to the message's first word or `--`, before the subject and after it.
  ///
  /// - Parameters:
  ///   - words: the command line.
  ///   - switches: the program's Windows switches.
  ///   - everyone: the subject that `--all` stands for. Nil if the program has no such option.
  /// - Throws: an ``InputError`` that names a word that looks like a switch and isn't one.
  init(_ words: [String], switches: [WindowsSwitch], everyone: String? = nil) throws {
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        if subject == nil, !isUpdate { subject = rest.popFirst() }
        message = Array(rest)
        return
      } else if word == "--all", let everyone {
        if let subject, !options.contains(word) {
          throw InputError.usage("--all stands instead of a recipient, not beside '\(subject)'")
        }
        options.append(word)
        subject = everyone
      } else if word == "--hold=\(Self.untilWord)", let time = rest.popFirst() {
        options.append("\(word) \(time)")
      } else if word.hasPrefix("--") || word == "-h" {
        if let value = rest.first, Self.valuesAfterEquals[word]?.contains(value) == true {
          throw InputError.usage(
            "\(word) takes its value after '=': \(word)=\(value); write -- before a text that begins with '\(value)'")
        }
        let option = Self.withImpliedValue(word)
        options.append(Self.optionsWithValue.contains(word) ? Self.joined(word, &rest) : option)
        if isUpdate, let subject {
          throw InputError.usage("--update stands before the text and takes no recipient, such as '\(subject)'")
        }
      } else if word.hasPrefix("-") || word.hasPrefix("/") {
        options.append(try switches.option(for: word, mayBeMessage: everyone != nil && subject != nil))
      } else if subject == nil, !isUpdate {
        subject = word
      } else {
        // A backslash protects the first word. After `--` it needs no protection.
        message = [Self.withoutBackslash(word)] + rest
        switchesInMessage = rest.filter { Self.isSwitch($0, among: switches) }
        return
      }
    }
  }

  /// Whether the words are the new text of a message that was sent before.
  private var isUpdate: Bool { options.contains { $0 == "--update" || $0.hasPrefix("--update=") } }

  /// The GNU options whose value may stand in the next word. A test compares them with ``MsgOptions``: asking it here
  /// would slow every start.
  static let optionsWithValue: Set = [
    "--choose", "--connect-timeout", "--hold", "--icon", "--later", "--machines", "--progress", "--reply", "--server",
    "--time",
    "--title",
    "--until", "--update", "--urgency", "--withdraw",
  ]

  /// The word before a time of day in the value of `--hold`, which stands in an argument of its own.
  static let untilWord = "until"

  /// The GNU options whose value may be left out, with the value that they have then. It never stands in the next word.
  ///
  /// To ArgumentParser they are options with a value. Its own kind of such options (`defaultAsFlag`, in 1.8.2) ignores
  /// the value if another option follows.
  static let impliedValues = ["--ask": "", "--terminals": "too", "--window": "always"]

  /// The values of those that have few. As the next word they are a mistake, rather than a recipient or a text.
  private static let valuesAfterEquals = [
    "--terminals": TerminalUse.allCases.map(\.rawValue), "--window": WindowUse.allCases.map(\.rawValue),
  ]

  /// Returns an option, with its value if that was left out and may be.
  static func withImpliedValue(_ option: String) -> String {
    impliedValues[option].map { "\(option)=\($0)" } ?? option
  }

  /// Joins an option and the next word, so that a value that begins with a dash is refused by its option's name. A time
  /// of day after `--hold until` is a third word. `--machines` may lack its fleet.
  private static func joined(_ option: String, _ rest: inout ArraySlice<String>) -> String {
    if option == "--machines", rest.first.map({ $0.hasPrefix("-") || $0.hasPrefix("/") }) ?? true {
      return "\(option)="
    }
    guard let value = rest.popFirst() else { return option }
    guard option == "--hold", value == untilWord else { return "\(option)=\(value)" }
    return "\(option)=\(value)" + (rest.popFirst().map { " \($0)" } ?? "")
  }

  /// Puts a value into a word of its own that ArgumentParser doesn't find after `=`: an empty one, which it takes for a
  /// missing one, and one that begins with a mark, which makes one character of both.
  private static func separated(_ option: String) -> [String] {
    let name = name(of: option)
    let value = option.unicodeScalars.dropFirst(name.unicodeScalars.count + 1)
    guard hasValue(name), name != option, value.isEmpty || option.prefix(while: { $0 != "=" }) != name else {
      return [option]
    }
    return [name, String(value)]
  }

  private static func name(of option: String) -> String { String(option.unicodeScalars.prefix { $0 != "=" }) }

  private static func isSwitch(_ word: String, among switches: [WindowsSwitch]) -> Bool {
    guard word.hasPrefix("--") else { return switches.contains { $0.isMeant(by: word) } }
    let name = name(of: word)
    return hasValue(name) || switches.contains { $0.option == name }
  }

  private static func hasValue(_ option: String) -> Bool {
    optionsWithValue.contains(option) || impliedValues[option] != nil
  }

  private static func withoutBackslash(_ word: String) -> String {
    word.hasPrefix("\\-") || word.hasPrefix("\\/") ? String(word.dropFirst()) : word
  }
}
