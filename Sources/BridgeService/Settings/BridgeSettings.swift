internal import GBus
public import Logging

/// What is passed on, as the administrator has chosen, and where things are.
public struct BridgeSettings: Sendable {
  /// Whether logind's schedule is shown.
  var shutdown = true
  /// Whether `net.nuetzlich.SystemNotifications.Notify` is passed on.
  var systemNotifications = true
  /// Whether `org.kde.BroadcastNotifications.Notify` is passed on.
  var broadcastNotifications = true
  /// The folder in which logind has its schedule.
  public var scheduleFolder = "/run/systemd/shutdown"
  /// The folder for notes that outlive a crash; `nil` for none. `RuntimeDirectory=` in `msg-bridge.service` sets it.
  public var notesFolder: String?

  /// Makes the defaults.
  public init() {}

  /// The signals that are passed on.
  var sources: [SignalSource] {
    SignalSource.allCases.filter { source in
      switch source {
      case .systemNotifications: systemNotifications
      case .broadcastNotifications: broadcastNotifications
      }
    }
  }
}

extension BridgeSettings {
  private static let group = "Bridge"
  /// All keys of the file. `dbus/bridge.conf` explains them.
  private static let keys: [String: any WritableKeyPath<BridgeSettings, Bool> & Sendable] = [
    "BroadcastNotifications": \.broadcastNotifications,
    "Shutdown": \.shutdown,
    "SystemNotifications": \.systemNotifications,
  ]

  /// Reads the administrator's settings from a file. A missing file counts as an empty one. Mistakes are reported with
  /// their lines, and ignored.
  ///
  /// - Parameters:
  ///   - path: the file's path.
  ///   - logger: receives a line for each mistake.
  public mutating func read(_ path: String, logger: Logger) {
    do {
      guard let file = try KeyFile(path: path) else { return }
      for complaint in take(file) { logger.warning("\(path):\(complaint)") }
    } catch {
      logger.error("\(path): \(error): nothing of it is used")
    }
  }

  /// Applies the settings in a file.
  ///
  /// - Returns: the mistakes in it, in the order of its lines, each with its line's number.
  mutating func take(_ file: KeyFile) -> [String] {
    file.complaints(group: Self.group) { name, value in
      guard let key = Self.keys[name] else { return "there is no key \(name) in [\(Self.group)]" }
      guard let choice = KeyFile.choice(value) else {
        return "\(name)=\(value) is neither yes nor no: it stays \(self[keyPath: key] ? "yes" : "no")"
      }
      self[keyPath: key] = choice
      return nil
    }
  }
}
