import MessengerContract
import MessengerClient
import Testing

@testable import MsgCommand

/// What `--doctor` says about the caller's sessions and desktop.
@Suite struct DesktopCheckTests {
  private static let silent = BusError(name: "org.freedesktop.DBus.Error.NoReply", text: "no answer within 5 seconds")
  private static let broken = BusError(name: "org.freedesktop.DBus.Error.Failed", text: "it exited with status 1")
  private static let dunst = BusInquiry.NotificationServer(name: "dunst", vendor: "knopwob", version: "1.9.0")

  private func lines(_ check: some Check) -> [String] {
    #expect(check.finding.check == type(of: check).name)
    return check.finding.lines.map { $0.split(separator: " ").joined(separator: " ") }
  }

  private static func session(
    _ id: String, uid: UInt32 = 1000, type: String = "x11", name: String = ":1",
    _ change: (inout Session) -> Void = { _ in }
  ) -> Session {
    var session = Session(id: id, uid: uid, userName: "alice", name: name, state: "active")
    session.type = type
    session.sessionClass = "user"
    change(&session)
    return session
  }

  private static func desktop(_ id: String, uid: UInt32 = 1000) -> Session {
    session(id, uid: uid) { $0.isGraphical = true }
  }

  @Test func ownSession() {
    let both = SessionCheck(uid: 1000, sessions: .success([Self.desktop("2"), Self.desktop("3", uid: 1001)]))
    #expect(lines(both) == ["ok own session: messages reach session 2 (x11, :1)"])
    let two = SessionCheck(uid: 1000, sessions: .success([Self.desktop("2"), Self.desktop("c4")]))
    #expect(lines(two) == ["ok own session: messages reach session 2 (x11, :1) and session c4 (x11, :1)"])
    #expect(lines(SessionCheck(uid: 1000)) == ["unknown own session: not checked: msgd can't be asked"])
    #expect(
      lines(SessionCheck(uid: 1000, sessions: .failure(Self.broken))) == [
        "wrong own session: msgd does not tell who is logged in", "because: it exited with status 1",
        "fix: journalctl -u msgd # says why",
      ])
    #expect(
      lines(SessionCheck(uid: 1000, sessions: .failure(Self.broken), hasLogind: false))
        == ["unknown own session: not checked: logind can't be asked"])
  }

  private static let obstacles: [(Session, String)] = [
    (session("2", type: "tty", name: "tty3"), "session 2 is on the terminal tty3, where no desktop was started"),
    (
      session("7", type: "tty", name: "pts/1") { $0.isRemote = true },
      "session 7 came over the network, without a desktop here"
    ),
    (session("c1") { $0.sessionClass = "greeter" }, "session c1 is of class greeter"),
    (session("5") { $0.state = "closing" }, "session 5 is being closed"),
    (session("6", type: "unspecified"), "session 6 is of type unspecified, which has no desktop"),
  ]

  @Test(arguments: obstacles) func noSessionIsReached(_ session: Session, _ reason: String) {
    #expect(
      lines(SessionCheck(uid: 1000, sessions: .success([session, Self.desktop("9", uid: 1001)]))) == [
        "note own session: there is none that messages to you would reach", "because: \(reason)",
      ])
  }

  @Test func rootsDesktopIsNotReached() {
    #expect(
      lines(SessionCheck(uid: 0, sessions: .success([Self.session("3", uid: 0)]))) == [
        "note own session: there is none that messages to you would reach",
        "because: session 3 is root's, whom msgd never becomes: root's desktop gets no popups",
      ])
  }

  @Test(arguments: [0: "root is not logged in, and need not be", 1000: "logind knows no session of yours"])
  func noSession(_ uid: UInt32, _ reason: String) {
    #expect(
      lines(SessionCheck(uid: uid, sessions: .success([]))) == [
        "note own session: there is none that messages to you would reach", "because: \(reason)",
      ])
  }

  @Test func notificationServer() {
    #expect(
      lines(NotificationsCheck(server: .success(Self.dunst))) == ["ok notification server: dunst 1.9.0 (knopwob)"])
    #expect(
      lines(NotificationsCheck(server: .success(Self.dunst), capabilities: ["body"], isQuiet: true)) == [
        "note notification server: dunst 1.9.0 (knopwob)",
        "because: it has no actions: nobody can acknowledge a message (/W) or choose a reply",
        "because: \"do not disturb\" is on: it may keep messages back",
      ])
  }

  @Test func notificationServerIsNotAsked() {
    #expect(
      lines(NotificationsCheck(omission: .noDesktop)) == [
        "note notification server: not asked: no desktop of yours is known"
      ])
    #expect(
      lines(NotificationsCheck(isSudo: true, omission: .noDesktop)) == [
        "note notification server: not asked: no desktop of yours is known", "fix: call msg --doctor without sudo",
      ])
    #expect(
      lines(NotificationsCheck(omission: .otherMachine("pc7"))) == [
        "note notification server: not asked: call msg --doctor on the desktop at pc7"
      ])
    #expect(
      lines(NotificationsCheck()) == ["unknown notification server: not checked: the session bus does not answer"])
  }

  @Test func sessionBusIsUnreachable() {
    #expect(
      lines(NotificationsCheck(address: "unix:path=/run/user/1000/bus", failure: Self.broken)) == [
        "wrong notification server: the session bus at unix:path=/run/user/1000/bus can't be reached",
        "because: it exited with status 1", "fix: systemctl --user status dbus # says why",
        "fix: log out and in again",
      ])
  }

  @Test func notificationServerIsMissing() {
    let text = "notification server: there is none on the session bus at unix:path=/b"
    #expect(
      lines(NotificationsCheck(address: "unix:path=/b", isThere: false)) == [
        "wrong \(text)", "fix: start dunst, mako or the like in your session, and with each log-in",
      ])
    #expect(
      lines(NotificationsCheck(address: "unix:path=/b", isOverNetwork: true, isThere: false)) == [
        "note \(text)", "because: a desktop's own bus is not seen over ssh", "fix: call msg --doctor on the desktop",
      ])
  }

  @Test func notificationServerIsBroken() {
    #expect(
      lines(NotificationsCheck(server: .failure(Self.silent))) == [
        "wrong notification server: it does not answer", "because: no answer within 5 seconds",
        "fix: restart it, or log out and in again",
      ])
    let lines = lines(NotificationsCheck(server: .failure(Self.broken)))
    #expect(
      lines.prefix(2) == [
        "wrong notification server: it can't be started or asked", "because: it exited with status 1",
      ])
    #expect(lines.count == 3 && lines[2].hasPrefix("fix: look for org.freedesktop.Notifications in /usr/share/"))
  }
}
