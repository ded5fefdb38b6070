internal import GBus

/// The names of logind on the bus (org.freedesktop.login1(5)).
enum Logind {
  static let busName = "org.freedesktop.login1"
  static let sessionInterface = "org.freedesktop.login1.Session"
  static let userInterface = "org.freedesktop.login1.User"
  static let seatInterface = "org.freedesktop.login1.Seat"
  static let manager = Remote(
    destination: busName, path: "/org/freedesktop/login1", interface: "org.freedesktop.login1.Manager")

  static func properties(of path: String) -> Remote {
    Remote(destination: busName, path: path, interface: "org.freedesktop.DBus.Properties")
  }
}

extension User {
  /// Makes a user from the properties of logind's user object; `nil` if a necessary one is missing.
  init?(properties: [String: Value]) {
    guard let uid = properties["UID"]?.uint32, let gid = properties["GID"]?.uint32,
      let name = properties["Name"]?.string, let runtimePath = properties["RuntimePath"]?.string
    else { return nil }
    self.init(uid: uid, gid: gid, name: name, runtimePath: runtimePath)
  }
}

extension LoginSession {
  /// Makes a session from the properties of logind's session object. Missing properties stay empty.
  init(properties: [String: Value], id: String, user: User) {
    self.init(
      id: id, user: user, type: "", sessionClass: "", state: .other(""), seat: "", tty: "", display: "", desktop: "",
      isRemote: false, remoteHost: "", created: 0, isIdle: false, isLocked: false)
    take(properties)
  }

  /// Applies changed properties. logind signals `Active` and never `State`. For a session that is neither opening nor
  /// closing, each follows from the other.
  mutating func take(_ properties: [String: Value]) {
    func set<Content>(_ property: WritableKeyPath<LoginSession, Content>, _ content: Content?) {
      if let content { self[keyPath: property] = content }
    }
    set(\.type, properties["Type"]?.string)
    set(\.sessionClass, properties["Class"]?.string)
    if let active = properties["Active"]?.boolean { activate(active) }
    if let state = properties["State"]?.string { enter(State(state)) }
    set(\.seat, properties["Seat"]?.members?.first?.string)
    set(\.seatPath, properties["Seat"]?.members?.last?.string)
    set(\.tty, properties["TTY"]?.string)
    set(\.display, properties["Display"]?.string)
    set(\.desktop, properties["Desktop"]?.string)
    set(\.isRemote, properties["Remote"]?.boolean)
    set(\.remoteHost, properties["RemoteHost"]?.string)
    set(\.created, properties["Timestamp"]?.uint64)
    set(\.isIdle, properties["IdleHint"]?.boolean)
    set(\.isLocked, properties["LockedHint"]?.boolean)
    set(\.scope, properties["Scope"]?.string)
    set(\.leader, properties["Leader"]?.uint32)
  }

  /// Notes whether its seat shows it.
  private mutating func activate(_ active: Bool) {
    isActive = active
    if isOpen { state = active ? .active : .online }
  }

  /// Notes its state.
  private mutating func enter(_ state: State) {
    self.state = state
    if isOpen { isActive = state == .active }
  }

  private var isOpen: Bool { state == .active || state == .online }
}
