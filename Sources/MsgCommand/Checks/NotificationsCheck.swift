import MessengerClient

/// Whether the caller's desktop has a notification server, and what it can't do.
struct NotificationsCheck: Check {
  static let name = "notification server"

  /// The reason why no server was asked.
  enum Omission {
    case noDesktop
    case otherMachine(String)
  }

  /// The session bus's address.
  var address = ""
  /// Whether the caller came over the network, and may not be on the desktop's own bus.
  var isOverNetwork = false
  /// Whether the caller is root by sudo.
  var isSudo = false
  var omission: Omission?
  /// The error if the session bus can't be reached.
  var failure: BusError?
  /// Whether a server runs, or the bus knows how to start one.
  var isThere = true
  /// Its name, vendor and version.
  var server: BusAnswer<BusInquiry.NotificationServer>?
  /// Its capabilities.
  var capabilities: [String] = ["actions"]
  /// Whether it is known to keep popups back.
  var isQuiet = false

  var finding: Finding {
    switch omission {
    case .noDesktop:
      return note("not asked: no desktop of yours is known", fix: isSudo ? ["call msg --doctor without sudo"] : [])
    case .otherMachine(let host): return note("not asked: call msg --doctor on the desktop at \(host)")
    case nil: break
    }
    if let failure {
      return wrong(
        "the session bus at \(address) can't be reached", because: [failure.text],
        fix: ["systemctl --user status dbus  # says why", "log out and in again"])
    }
    guard isThere else { return absent }
    switch server {
    case nil: return unknown("the session bus does not answer")
    case .failure(let failure): return broken(failure)
    case .success(let server): return answers(server)
    }
  }

  private var absent: Finding {
    let text = "there is none on the session bus at \(address)"
    guard isOverNetwork else {
      return wrong(text, fix: ["start dunst, mako or the like in your session, and with each log-in"])
    }
    return note(text, because: ["a desktop's own bus is not seen over ssh"], fix: ["call msg --doctor on the desktop"])
  }

  private func broken(_ failure: BusError) -> Finding {
    guard !failure.isSilence else {
      return wrong("it does not answer", because: [failure.text], fix: ["restart it, or log out and in again"])
    }
    return wrong(
      "it can't be started or asked", because: [failure.text],
      fix: ["look for org.freedesktop.Notifications in /usr/share/dbus-1/services and ~/.local/share/dbus-1/services"])
  }

  private func answers(_ server: BusInquiry.NotificationServer) -> Finding {
    let text = "\(server.name) \(server.version) (\(server.vendor))"
    var limits: [String] = []
    if !capabilities.contains("actions") {
      limits.append("it has no actions: nobody can acknowledge a message (/W) or choose a reply")
    }
    if isQuiet { limits.append("\"do not disturb\" is on: it may keep messages back") }
    return limits.isEmpty ? ok(text) : note(text, because: limits)
  }
}
