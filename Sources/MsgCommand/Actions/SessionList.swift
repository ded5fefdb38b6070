import MessengerClient
import MessengerContract

/// The sessions of one machine or several, as `query session` lists them.
struct SessionList {
  /// A user, session name or id. Nil for all sessions.
  let filter: String?
  /// The machines.
  let machines: Machines
  /// Whether it is printed as JSON.
  let isJSON: Bool

  /// Prints the list, and returns the exit status.
  func run(in surroundings: Surroundings) -> ExitStatus {
    let statuses = machines.fleets.map { FleetSessions(list: self, fleet: $0).run(in: surroundings) }
    guard !machines.hosts.isEmpty else { return ExitStatus(statuses) }
    return ExitStatus(statuses + [runOnHosts(in: surroundings)])
  }

  private func runOnHosts(in surroundings: Surroundings) -> ExitStatus {
    machines.ask(in: surroundings) {
      try $0.sessions()
    } _: { all, host, prefix in
      let sessions = meant(of: all)
      if let filter, sessions.isEmpty {
        surroundings.complain("\(prefix)No session exists for \(filter)")
        return .notReached
      }
      let own = host == nil ? surroundings.ownSession() : nil
      let isHeaded = machines.count > 1
      tell(sessions, of: host?.description, own: own, isHeaded: isHeaded, to: surroundings)
      return .success
    }
  }

  /// Prints the sessions of a machine; nil is this one.
  func tell(_ sessions: [Session], of host: String?, own: String?, isHeaded: Bool, to surroundings: Surroundings) {
    if isJSON {
      let name = host ?? surroundings.hostName()
      for session in sessions { surroundings.say(session.json(host: name, isOwn: session.id == own).line) }
    } else {
      if let host, isHeaded { surroundings.say("\(host):") }
      SessionTable.lines(of: sessions, own: own).forEach { surroundings.say($0) }
    }
  }

  /// The sessions that the filter means.
  func meant(of sessions: [Session]) -> [Session] { sessions.filter(isMeant) }

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
