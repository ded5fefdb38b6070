import MessengerContract

/// A switch of msg.exe or query session, and its GNU option.
struct WindowsSwitch {
  let name: String
  let option: String
  let takesValue: Bool
  /// Whether the value may be left out: ``CommandLineParts/impliedValues``.
  var mayLackValue = false

  /// The switches of `msg`.
  static let ofMsg = [
    server,
    WindowsSwitch(name: "terminals", option: "--terminals", takesValue: true, mayLackValue: true),
    WindowsSwitch(name: "time", option: "--time", takesValue: true),
    WindowsSwitch(name: "v", option: "--verbose", takesValue: false),
    WindowsSwitch(name: "w", option: "--wait", takesValue: false),
    help,
  ]

  /// The switches of `query session` that have a meaning here. The others concern serial lines and counters.
  static let ofQuerySession = [help, server]

  /// As completions offer it: `/TIME:` or `/V`.
  var written: String { "/\(name.uppercased())\(takesValue && !mayLackValue ? ":" : "")" }

  private static let help = WindowsSwitch(name: "?", option: "--help", takesValue: false)
  static let server = WindowsSwitch(name: "server", option: "--server", takesValue: true)
}

extension WindowsSwitch {
  /// Whether a word is this switch, with a value if it needs one, and only if it takes one.
  func isMeant(by word: String) -> Bool {
    guard word.hasPrefix("/") || word.hasPrefix("-") else { return false }
    let parts = word.dropFirst().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let hasValue = parts.count == 2 && !parts[1].isEmpty
    let isRight = takesValue && hasValue || (!takesValue || mayLackValue) && parts.count == 1
    return parts[0].lowercased() == name && isRight
  }
}

extension [WindowsSwitch] {
  /// The GNU form of a word that begins with `/` or a single `-`.
  ///
  /// - Parameters:
  ///   - word: the word as it was typed.
  ///   - mayBeMessage: whether the sender may have meant it as the message's first word.
  /// - Returns: the GNU form, for example `--time=60` for `/TIME:60`.
  /// - Throws: an ``InputError`` that names the word.
  func option(for word: String, mayBeMessage: Bool) throws -> String {
    let parts = word.dropFirst().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first?.lowercased(), let match = first(where: { $0.name == name }) else {
      let advice = mayBeMessage ? " (a message that begins with it is written '\\\(word)')" : ""
      throw InputError.usage("unknown switch: \(word)\(advice)")
    }
    switch (match.takesValue, parts.dropFirst().first) {
    case (true, let value?) where !value.isEmpty: return "\(match.option)=\(value)"
    case (true, nil) where match.mayLackValue: return CommandLineParts.withImpliedValue(match.option)
    case (true, _): throw InputError.usage("\(word) needs a value, as in /\(match.name.uppercased()):\(match.example)")
    case (false, nil): return match.option
    case (false, _): throw InputError.usage("\(word) takes no value")
    }
  }
}

extension WindowsSwitch {
  fileprivate var example: String {
    switch name {
    case "time": "60"
    case "terminals": TerminalUse.only.rawValue
    default: "host"
    }
  }
}
