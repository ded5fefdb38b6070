import MessengerClient
import MessengerContract

/// Checks whether messages reach a session of the caller, and finds the reason if not.
struct SessionCheck: Check {
  static let name = "own session"

  /// The caller. Nil if the bus doesn't say who that is.
  var uid: UInt32?
  /// The sessions that msgd lets the caller see. Nil if it can't be asked.
  var sessions: BusAnswer<[Session]>?
  /// Whether logind answers. msgd learns the sessions from it.
  var hasLogind = true

  /// The caller's own.
  private var own: [Session] { sessions?.success?.filter { $0.uid == uid } ?? [] }
  /// The caller's sessions that messages reach.
  var reached: [Session] { own.filter(\.isGraphical) }

  var finding: Finding {
    switch sessions {
    case nil: return unknown("msgd can't be asked")
    case .failure where !hasLogind: return unknown("logind can't be asked")
    case .failure(let failure):
      return wrong(
        "msgd does not tell who is logged in", because: [failure.text], fix: ["journalctl -u msgd  # says why"])
    case .success:
      guard reached.isEmpty else { return ok("messages reach \(reached.map(Self.label).joined(separator: " and "))") }
      return note("there is none that messages to you would reach", because: obstacles)
    }
  }

  private static func label(_ session: Session) -> String { "session \(session.id) (\(session.type), \(session.name))" }

  private var obstacles: [String] {
    if own.isEmpty { return [uid == 0 ? "root is not logged in, and need not be" : "logind knows no session of yours"] }
    return own.map { "session \($0.id) \(Self.obstacle($0))" }
  }

  private static func obstacle(_ session: Session) -> String {
    if session.state == "closing" { return "is being closed" }
    if session.uid == 0 { return "is root's, whom msgd never becomes: root's desktop gets no popups" }
    if session.isRemote { return "came over the network, without a desktop here" }
    if session.sessionClass != "user" && !session.sessionClass.isEmpty { return "is of class \(session.sessionClass)" }
    if session.type == "tty" { return "is on the terminal \(session.name), where no desktop was started" }
    return "is of type \(session.type), which has no desktop"
  }
}
