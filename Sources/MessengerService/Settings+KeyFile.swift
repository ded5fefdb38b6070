internal import GBus
public import Logging

extension Settings {
  /// A key of the configuration file that sets a number.
  struct Key: Sendable {
    /// The group that it belongs to.
    let group: String
    /// Its name, as it is written.
    let name: String
    /// What it may be set to.
    let range: ClosedRange<UInt32>
    /// What it sets.
    let setting: any WritableKeyPath<Settings, UInt32> & Sendable
  }

  /// All keys of the configuration file, which `dbus/msgd.conf` explains.
  static let keys = [
    Key(group: "Messages", name: "DefaultTimeout", range: 0...timeoutLimit, setting: \.defaultTimeout),
    Key(group: "Messages", name: "MaximumBodyLength", range: 1...262_144, setting: \.maximumBodyLength),
  ]

  /// Something in a configuration file that is not used, in words.
  enum Complaint: Equatable {
    /// A key's value can't be taken; the default stays.
    case wrong(String)
    /// Nothing of that name is known, perhaps because the file is of a later version.
    case unknown(String)
  }

  /// Takes over what the administrator wrote into a file. No file is as good as an empty one; what is wrong in it is told,
  /// and passed over.
  ///
  /// - Parameters:
  ///   - path: the file's.
  ///   - logger: what is wrong is told here.
  public mutating func read(_ path: String, logger: Logger) {
    do {
      guard let file = try KeyFile(path: path) else { return }
      for complaint in take(file) {
        switch complaint {
        case .wrong(let text): logger.error("\(path): \(text)")
        case .unknown(let text): logger.warning("\(path): \(text)")
        }
      }
    } catch {
      logger.error("\(path): \(error): nothing of it is used")
    }
  }

  /// Takes over what a file says.
  ///
  /// - Returns: what is wrong with it.
  mutating func take(_ file: KeyFile) -> [Complaint] {
    let mistakes = Self.keys.compactMap { key in
      file.groups[key.group]?[key.name].flatMap { set(key, to: $0) }
    }
    return mistakes + Self.unknown(in: file)
  }

  private mutating func set(_ key: Key, to text: String) -> Complaint? {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 1, let value = UInt32(words[0]), key.range.contains(value) else {
      return .wrong(
        "\(key.name)=\(text) in [\(key.group)] is no number from \(key.range.lowerBound) to "
          + "\(key.range.upperBound): it stays \(self[keyPath: key.setting])")
    }
    self[keyPath: key.setting] = value
    return nil
  }

  private static func unknown(in file: KeyFile) -> [Complaint] {
    file.groups.sorted { $0.key < $1.key }.flatMap { group, keys -> [Complaint] in
      let known = Set(Self.keys.filter { $0.group == group }.map(\.name))
      guard !known.isEmpty else { return [.unknown("there is no group [\(group)]")] }
      return Set(keys.keys).subtracting(known).sorted().map { .unknown("there is no key \($0) in [\(group)]") }
    }
  }
}
