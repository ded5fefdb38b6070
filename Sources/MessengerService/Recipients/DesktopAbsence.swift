internal import MessengerContract

/// The text that says where a user's sessions are, if the user is logged in but not on a desktop, or not on a terminal
/// if the message is for terminals.
struct DesktopAbsence: CustomStringConvertible {
  let description: String

  /// - Parameters:
  ///   - sessions: the sessions, at least one, none of which is reached.
  ///   - recipient: the word that meant them.
  ///   - terminals: whether the message is for terminals.
  init(of sessions: [LoginSession], whom recipient: String, _ terminals: TerminalUse = .no) {
    let names = sessions.map(\.user.name).unique
    let beginning = names == [recipient] ? "" : "\(recipient): "
    let places = sessions.map { session in
      (names.count > 1 ? "\(session.user.name)'s " : "") + "session \(session.name) \(Self.what(session, terminals))"
    }
    let place = Self.place(terminals)
    let who = names.count > 1 ? "nobody of them is on \(place)" : "\(names[0]) is logged in, but not on \(place)"
    description = "\(beginning)\(who): \(Enumeration(places, most: Self.sessionsAtMost, separator: "; "))"
  }

  /// Where a message to everyone goes, as the end of a sentence.
  static func everywhere(_ terminals: TerminalUse) -> String {
    terminals == .only ? "on a terminal" : "to \(place(terminals))"
  }

  private static func place(_ terminals: TerminalUse) -> String {
    switch terminals {
    case .no: "a desktop"
    case .too: "a desktop or terminal"
    case .only: "a terminal"
    }
  }

  private static let sessionsAtMost = 5

  /// Describes a session that is not reached. Classes and types are those of org.freedesktop.login1(5).
  private static func what(_ session: LoginSession, _ terminals: TerminalUse) -> String {
    guard session.state != .closing else { return "is about to end" }
    switch session.sessionClass {
    case "greeter": return "is a login screen"
    case "lock-screen": return "is a lock screen"
    case "user-incomplete": return "is not logged in yet"
    case "user", "user-early", "user-light", "user-early-light":
      if session.isGraphical { return "is a desktop" }
      return terminals == .no || !session.isTextual ? home(ofType: session.type) : "has no terminal"
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
