internal import GBus
internal import Glibc

extension Session {
  /// The session as `ListSessions` tells it: `(susssa{sv})`.
  ///
  /// - Parameters:
  ///   - realName: the user's; empty if unknown.
  ///   - machine: the name of this machine, where a user sits who did not come over the network.
  /// - Returns: the structure.
  func value(realName: String, machine: String) -> Value {
    let details: [String: Value] = [
      "type": .string(type), "class": .string(sessionClass), "graphical": .boolean(isGraphical && !user.isRoot),
      "seat": .string(seat), "tty": .string(tty), "display": .string(display), "desktop": .string(desktop),
      "remote": .boolean(isRemote),
      "remote-host": .string(remoteHost), "host": .string(remoteHost.isEmpty ? machine : remoteHost),
      "real-name": .string(realName), "created": .string(creationTime), "idle": .boolean(isIdle),
      "locked": .boolean(isLocked),
    ]
    return .structure([
      .string(id), .uint32(user.uid), .string(user.name), .string(name), .string(state), .dictionary(details),
    ])
  }

  /// When it was opened, as ISO 8601 has it, in UTC: `2026-11-21T06:15:21Z`. Empty where logind doesn't say.
  private var creationTime: String {
    var seconds = time_t(clamping: created / 1_000_000)
    var utc = tm()
    guard created > 0, gmtime_r(&seconds, &utc) != nil else { return "" }
    var text = [CChar](repeating: 0, count: 64)
    let length = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &utc)
    return String(decoding: text.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
