internal import Glibc
internal import MessengerContract

extension LoginSession {
  /// Returns the session as `ListSessions` reports it.
  ///
  /// - Parameters:
  ///   - realName: the user's real name; empty if unknown.
  ///   - machine: the name of this machine, at which a user sits who did not come over the network.
  /// - Returns: the session of the contract.
  func told(realName: String, machine: String) -> Session {
    var session = Session(
      id: id, uid: user.uid, userName: user.name, name: name, state: state.name)
    (session.type, session.sessionClass, session.isGraphical) = (type, sessionClass, isGraphical && !user.isRoot)
    (session.seat, session.tty, session.display, session.desktop) = (seat, tty, display, desktop)
    (session.isRemote, session.remoteHost) = (isRemote, remoteHost)
    session.host = remoteHost.isEmpty ? machine : remoteHost
    (session.realName, session.created) = (realName, creationTime)
    (session.isIdle, session.isLocked) = (isIdle, isLocked)
    return session
  }

  /// When it was opened, in ISO 8601 and UTC: `2026-11-21T06:15:21Z`. Empty if logind doesn't say.
  private var creationTime: String {
    var seconds = time_t(clamping: created / 1_000_000)
    var utc = tm()
    guard created > 0, gmtime_r(&seconds, &utc) != nil else { return "" }
    var text = [CChar](repeating: 0, count: 64)
    let length = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &utc)
    return String(decoding: text.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
