@testable import MessengerService

extension LoginSession {
  /// A session on a desktop, except for what a test sets.
  static func test(
    _ id: String = "1", of name: String = "ann", uid: UInt32 = 1000, type: String = "wayland",
    sessionClass: String = "user", state: String = "active", seat: String = "", tty: String = "", display: String = "",
    remoteHost: String = "", created: UInt64 = 0
  ) -> LoginSession {
    var session = LoginSession(
      id: id, user: User(uid: uid, gid: uid, name: name, runtimePath: ""), type: type, sessionClass: sessionClass,
      state: State(state), seat: seat, tty: tty, display: display, desktop: "", isRemote: false, remoteHost: remoteHost,
      created: created, isIdle: false, isLocked: false)
    session.isActive = state == "active"
    return session
  }
}
