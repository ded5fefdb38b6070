internal import GBus
internal import MessengerContract
public import Logging

extension Settings {
  /// A key of the configuration file that sets a number.
  struct Key: Sendable {
    /// The group that contains it.
    let group: String
    /// Its name in the file.
    let name: String
    /// The values that it accepts.
    let range: ClosedRange<UInt32>
    /// The setting that it sets.
    let setting: any WritableKeyPath<Settings, UInt32> & Sendable
  }

  /// All keys of the configuration file. `dbus/msgd.conf` explains them.
  static let keys = [
    Key(group: "Messages", name: "DefaultTimeout", range: 0...timeoutLimit, setting: \.defaultTimeout),
    Key(group: "Messages", name: "LongestHold", range: HoldRules.times, setting: \.longestHold),
    Key(group: "Messages", name: "MaximumBodyLength", range: 1...262_144, setting: \.maximumBodyLength),
    Key(group: "Messages", name: "PopupTurn", range: 1...86_400, setting: \.popupTurn),
    Key(group: "Limits", name: "Burst", range: 1...60_000, setting: \.limits.burst),
    Key(group: "Limits", name: "CallsPerMinute", range: 60...600_000, setting: \.limits.callsPerMinute),
    Key(
      group: "Limits", name: "HeldMessagesPerRecipient", range: 0...10_000, setting: \.limits.heldMessagesPerRecipient),
    Key(group: "Limits", name: "HeldMessagesPerSender", range: 0...100_000, setting: \.limits.heldMessagesPerSender),
    Key(
      group: "Limits", name: "HeldMessagesPerSenderAtRecipient", range: 0...10_000,
      setting: \.limits.heldMessagesPerSenderAtRecipient),
    Key(group: "Limits", name: "MessagesPerMinute", range: 1...60_000, setting: \.limits.messagesPerMinute),
    Key(group: "Limits", name: "OpenPopupsPerRecipient", range: 1...10_000, setting: \.limits.openPopupsPerRecipient),
    Key(group: "Limits", name: "OpenPopupsPerSender", range: 1...100_000, setting: \.limits.openPopupsPerSender),
    Key(
      group: "Limits", name: "OpenPopupsPerSenderAtRecipient", range: 1...10_000,
      setting: \.limits.openPopupsPerSenderAtRecipient),
    Key(group: "Limits", name: "RecipientsPerCall", range: 1...100_000, setting: \.limits.recipientsPerCall),
    Key(group: "Limits", name: "WaitingCallsPerSender", range: 1...10_000, setting: \.limits.waitingCallsPerSender),
  ]

  /// A part of a configuration file that is not used.
  struct Complaint: Equatable {
    /// The line's number.
    var line: Int
    /// The problem, in words.
    var text: String
    /// Whether it may be no mistake, but meant for a later version.
    var isUnknown = false
  }

  /// Reads the administrator's settings from a file. A missing file counts as an empty one. Mistakes are reported with
  /// their lines, and ignored.
  ///
  /// - Parameters:
  ///   - path: the file's path.
  ///   - logger: receives a line for each mistake.
  public mutating func read(_ path: String, logger: Logger) {
    configuration.path = path
    do {
      guard let file = try KeyFile(path: path) else { return }
      for complaint in take(file) {
        let text = "\(path):\(complaint.line): \(complaint.text)"
        configuration.problems.append(text)
        logger.log(level: complaint.isUnknown ? .warning : .error, "\(text)")
      }
    } catch {
      let text = "\(path): \(error): nothing of it is used"
      configuration.problems.append(text)
      logger.error("\(text)")
    }
  }

  /// Reads what the configuration file says now. It may have been changed since these settings were read.
  ///
  /// - Returns: the file, and whether its settings would differ from these.
  func configurationNow() -> (Configuration, isOther: Bool) {
    var now = Settings()
    var silent = Logger(label: "msgd", factory: { _ in SwiftLogNoOpLogHandler() })
    silent.logLevel = .critical
    now.read(configuration.path, logger: silent)
    let isOther = Self.keys.contains { now[keyPath: $0.setting] != self[keyPath: $0.setting] }
    return (now.configuration, isOther)
  }

  /// Applies the settings in a file.
  ///
  /// - Returns: the mistakes in it, in the order of its lines.
  mutating func take(_ file: KeyFile) -> [Complaint] {
    var lines: [String: Int] = [:]
    return file.lines.flatMap { line -> [Complaint] in
      switch line.content {
      case .mistake(let reason): return [Complaint(line: line.number, text: reason)]
      case .group(let name) where Self.keys.contains { $0.group == name }: return []
      case .group(let name):
        return [Complaint(line: line.number, text: "there is no group [\(name)]", isUnknown: true)]
      case .entry(let group, let name, let value):
        let former = lines.updateValue(line.number, forKey: "\(group)/\(name)")
        let complaint = set(name, in: group, to: value, line: line.number)
        let repetition = former.flatMap { Self.repetition(of: name, in: group, $0, line.number) }
        return (complaint ?? repetition).map { [$0] } ?? []
      }
    }
  }

  private static func repetition(of name: String, in group: String, _ former: Int, _ line: Int) -> Complaint? {
    guard keys.contains(where: { $0.group == group && $0.name == name }) else { return nil }
    return Complaint(
      line: line, text: "\(name) in [\(group)] is set on line \(former), too: this line counts", isUnknown: true)
  }

  private mutating func set(_ name: String, in group: String, to text: String, line: Int) -> Complaint? {
    let known = Self.keys.filter { $0.group == group }
    guard let key = known.first(where: { $0.name == name }) else {
      // For an unknown group, its header was reported.
      return known.isEmpty
        ? nil : Complaint(line: line, text: "there is no key \(name) in [\(group)]", isUnknown: true)
    }
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 1, let value = UInt32(words[0]), key.range.contains(value) else {
      return Complaint(
        line: line,
        text: "\(name)=\(text) in [\(group)] is no number from \(key.range.lowerBound) to \(key.range.upperBound): "
          + "it stays \(self[keyPath: key.setting])")
    }
    self[keyPath: key.setting] = value
    return nil
  }
}
