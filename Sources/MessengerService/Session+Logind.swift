internal import GBus

/// The names of logind on the bus (org.freedesktop.login1(5)).
enum Logind {
  static let busName = "org.freedesktop.login1"
  static let sessionInterface = "org.freedesktop.login1.Session"
  static let userInterface = "org.freedesktop.login1.User"
  static let manager = Remote(
    destination: busName, path: "/org/freedesktop/login1", interface: "org.freedesktop.login1.Manager")

  static func properties(of path: String) -> Remote {
    Remote(destination: busName, path: path, interface: "org.freedesktop.DBus.Properties")
  }
}

extension User {
  /// A user from the properties of logind's user object; `nil` where one that is needed is missing.
  init?(properties: [String: Value]) {
    guard let uid = properties["UID"]?.uint32, let gid = properties["GID"]?.uint32,
      let name = properties["Name"]?.string, let runtimePath = properties["RuntimePath"]?.string
    else { return nil }
    self.init(uid: uid, gid: gid, name: name, runtimePath: runtimePath)
  }
}

extension Session {
  /// A session from the properties of logind's session object; what is missing there is empty here.
  init(properties: [String: Value], id: String, user: User) {
    func text(_ key: String) -> String { properties[key]?.string ?? "" }
    func flag(_ key: String) -> Bool { properties[key]?.boolean ?? false }
    self.init(
      id: id, user: user, type: text("Type"), sessionClass: text("Class"), state: text("State"),
      seat: properties["Seat"]?.members?.first?.string ?? "", tty: text("TTY"), display: text("Display"),
      desktop: text("Desktop"), isRemote: flag("Remote"), remoteHost: text("RemoteHost"),
      created: properties["Timestamp"]?.uint64 ?? 0, isIdle: flag("IdleHint"), isLocked: flag("LockedHint"),
      scope: text("Scope"))
  }
}
