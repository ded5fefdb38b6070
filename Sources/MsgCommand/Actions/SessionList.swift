import MessengerClient
import MessengerContract

/// The sessions of one machine or several, as `query session` lists them.
struct SessionList {
  /// A user, session name or id. Nil for all sessions.
  let filter: String?
  /// The machines.
  let machines: MachineOptions
  /// Whether it is printed as JSON.
  let isJSON: Bool

  /// Prints the list, and returns the exit status.
  func run(in surroundings: Surroundings) -> ExitStatus {
    machines.ask(in: surroundings) {
      try $0.sessions()
    } _: { all, host, prefix in
      let sessions = all.filter(isMeant)
      if let filter, sessions.isEmpty {
        surroundings.complain("\(prefix)No session exists for \(filter)")
        return .notReached
      }
      let own = host == nil ? surroundings.ownSession() : nil
      if isJSON {
        let name = host?.description ?? surroundings.hostName()
        for session in sessions { surroundings.say(session.json(host: name, isOwn: session.id == own).line) }
      } else {
        if let host, machines.hosts.count > 1 { surroundings.say("\(host):") }
        SessionTable.lines(of: sessions, own: own).forEach { surroundings.say($0) }
      }
      return .success
    }
  }

  private func isMeant(_ session: Session) -> Bool {
    guard let filter else { return true }
    if filter.lowercased() == "console" { return session.seat == "seat0" && session.state == "active" }
    return session.userName == filter || session.id == filter
      || [session.name, session.tty, session.display, session.seat].contains {
        $0.lowercased() == filter.lowercased()
      }
  }
}

extension Session {
  /// The session as JSON.
  ///
  /// - Parameters:
  ///   - host: the machine's name, as the user wrote it.
  ///   - isOwn: whether msg runs in this session.
  /// - Returns: the line that `--sessions --json` prints.
  func json(host: String, isOwn: Bool) -> JSONObject {
    JSONObject([
      "host": .text(host),
      "session": .text(id),
      DeliveryDetail.sessionName.rawValue: .text(name),
      "user": .text(userName),
      "uid": .integer(UInt64(uid)),
      SessionDetail.realName.rawValue: .text(realName),
      "state": .text(state),
      SessionDetail.type.rawValue: .text(type),
      SessionDetail.sessionClass.rawValue: .text(sessionClass),
      SessionDetail.graphical.rawValue: .boolean(isGraphical),
      SessionDetail.seat.rawValue: .text(seat),
      SessionDetail.tty.rawValue: .text(tty),
      SessionDetail.display.rawValue: .text(display),
      SessionDetail.desktop.rawValue: .text(desktop),
      SessionDetail.remote.rawValue: .boolean(isRemote),
      SessionDetail.remoteHost.rawValue: .text(remoteHost),
      SessionDetail.created.rawValue: .text(created),
      SessionDetail.idle.rawValue: .boolean(isIdle),
      SessionDetail.locked.rawValue: .boolean(isLocked),
      "own": .boolean(isOwn),
    ])
  }
}
