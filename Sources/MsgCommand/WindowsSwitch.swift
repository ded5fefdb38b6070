/// The switches of msg.exe, and what each is in the GNU manner.
struct WindowsSwitch {
  let name: String
  let option: String
  let takesValue: Bool

  static let all = [
    WindowsSwitch(name: "?", option: "--help", takesValue: false),
    WindowsSwitch(name: "time", option: "--time", takesValue: true),
    WindowsSwitch(name: "v", option: "--verbose", takesValue: false),
    WindowsSwitch(name: "w", option: "--wait", takesValue: false),
  ]

  /// The GNU options whose value may stand in the next word.
  static let optionsWithValue = Set(all.filter(\.takesValue).map(\.option))

  /// The GNU form of a word that begins with `/` or a single `-`.
  ///
  /// - Throws: a ``Refusal`` that names the word.
  static func option(for word: String) throws -> String {
    let parts = word.dropFirst().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first?.lowercased(), let match = all.first(where: { $0.name == name }) else {
      throw Refusal.usage("unknown switch: \(word) (a message that begins with it is written '\\\(word)')")
    }
    switch (match.takesValue, parts.dropFirst().first) {
    case (true, let value?) where !value.isEmpty: return "\(match.option)=\(value)"
    case (true, _): throw Refusal.usage("\(word) needs a value, as in /TIME:60")
    case (false, nil): return match.option
    case (false, _): throw Refusal.usage("\(word) takes no value")
    }
  }
}
