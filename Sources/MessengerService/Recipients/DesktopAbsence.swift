/// The text that says where a user's sessions are, if the user is logged in but not on a desktop.
struct DesktopAbsence: CustomStringConvertible {
  let description: String

  /// - Parameters:
  ///   - sessions: the sessions, at least one, none of which is on a desktop.
  ///   - recipient: the word that meant them.
  init(of sessions: [LoginSession], whom recipient: String) {
    let names = sessions.map(\.user.name).unique
    let beginning = names == [recipient] ? "" : "\(recipient): "
    let places = sessions.map { session in
      (names.count > 1 ? "\(session.user.name)'s " : "") + "session \(session.name) \(Self.what(session))"
    }
    let who = names.count > 1 ? "nobody of them is on a desktop" : "\(names[0]) is logged in, but not on a desktop"
    description = "\(beginning)\(who): \(Enumeration(places, most: Self.sessionsAtMost, separator: "; "))"
  }

  private static let sessionsAtMost = 5

  /// Describes a session that is not a desktop. Classes and types are those of org.freedesktop.login1(5).
  private static func what(_ session: LoginSession) -> String {
    guard session.state != .closing else { return "is about to end" }
    switch session.sessionClass {
    case "greeter": return "is a login screen"
    case "lock-screen": return "is a lock screen"
    case "user-incomplete": return "is not logged in yet"
    case "user", "user-early", "user-light", "user-early-light": return home(ofType: session.type)
    default: return "is in the background"
    }
  }

  private static func home(ofType type: String) -> String {
    switch type {
    case "tty": "is a terminal"
    case "web": "is in a web browser"
    default: "has no screen"
    }
  }
}
