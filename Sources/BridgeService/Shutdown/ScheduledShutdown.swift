/// A shutdown that logind has on its schedule.
struct ScheduledShutdown: Sendable, Equatable {
  /// How the machine goes down.
  var kind: ShutdownKind
  /// When, in microseconds since 1970.
  var time: UInt64
  /// What the administrator has to say about it; empty if nothing.
  var wallMessage = ""
  /// Whether users are told: false for `shutdown --no-wall`.
  var isAnnounced = true
  /// Who has scheduled it; `nil` if logind doesn't say so.
  var uid: UInt32?
  /// The name of that user, if it is known.
  var userName: String?

  /// Whether root has, whose words users get. Whoever sits at the machine may schedule a shutdown too, by logind's
  /// usual policy, and set a text.
  var isRoots: Bool { uid == 0 }

  /// Who has scheduled it, for users to read; `nil` if nobody knows.
  var author: String? { userName ?? uid.map { "The user \($0)" } }
}

extension ScheduledShutdown {
  /// Reads the file in which logind keeps its schedule (`update_schedule_file` in systemd's `logind-dbus.c`): lines of
  /// `KEY=VALUE`. `nil` if the file has no time, or a kind that isn't known.
  ///
  /// `shutdown -k`, which only warns, can't be told from a real one: neither the file nor the property says so.
  init?(schedule file: [UInt8]) {
    var values: [String: ArraySlice<UInt8>] = [:]
    for line in file.split(separator: UInt8(ascii: "\n")) {
      guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
      values[String(decoding: line[..<equals], as: UTF8.self)] = line[(equals + 1)...]
    }
    func text(_ key: String) -> String? { values[key].map { String(decoding: $0, as: UTF8.self) } }
    guard let kind = text("MODE").flatMap(ShutdownKind.init), let time = text("USEC").flatMap({ UInt64($0) }) else {
      return nil
    }
    let message = values["WALL_MESSAGE"].map { CEscapes.removed(from: $0) } ?? []
    self.init(
      kind: kind, time: time, wallMessage: String(decoding: message, as: UTF8.self),
      isAnnounced: text("WARN_WALL") != "0", uid: text("UID").flatMap { UInt32($0) })
  }
}
