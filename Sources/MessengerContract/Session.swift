/// A session of a logged-in user, as logind knows it: `(susssa{sv})` on the wire.
public struct Session: Sendable, Equatable {
  /// logind's id, such as `42`.
  public var id: String
  /// The user's uid.
  public var uid: UInt32
  /// The user's name.
  public var userName: String
  /// The name under which messages can be sent to it: the session's terminal, display or seat, such as `tty2`, `:0` or
  /// `seat0`.
  public var name: String
  /// logind's state, such as `active`, `online` or `closing`.
  public var state: String
  /// `x11`, `wayland`, `mir`, `tty`, `web` or `unspecified`.
  public var type = ""
  /// logind's class, such as `user` or `greeter`.
  public var sessionClass = ""
  /// Whether messages reach it.
  public var isGraphical = false
  /// The seat, such as `seat0`; empty without one.
  public var seat = ""
  /// The terminal, such as `tty2`; empty without one.
  public var tty = ""
  /// The X11 display, such as `:0`; empty without one.
  public var display = ""
  /// The desktop, such as `GNOME`; empty if it is unknown.
  public var desktop = ""
  /// Whether the user sits at another machine.
  public var isRemote = false
  /// The machine at which the user sits; empty if it is this one or unknown.
  public var remoteHost = ""
  /// The machine at which the user sits: the remote host, or this machine.
  public var host = ""
  /// The user's full name; empty if none is recorded.
  public var realName = ""
  /// When it was opened, in ISO 8601 and UTC.
  public var created = ""
  /// Whether the user has done nothing for a while.
  public var isIdle = false
  /// Whether the screen is locked.
  public var isLocked = false

  /// logind's classes of the sessions of users' service managers, one for each user (pam_systemd(8), `class=`, since
  /// systemd 256). They are no logins: a user who lingers has one without having logged in.
  package static let serviceManagerClasses: Set = ["manager", "manager-early"]

  /// The D-Bus signature of a session.
  public static let signature = "(susssa{sv})"

  /// Makes a session of which nothing else is known.
  public init(id: String, uid: UInt32, userName: String, name: String, state: String) {
    self.id = id
    self.uid = uid
    self.userName = userName
    self.name = name
    self.state = state
  }
}

extension Session: ContractFields {
  /// Returns a detail; `nil` if it has no value.
  public func value(of detail: SessionDetail) -> ContractValue? {
    switch detail {
    case .type: .string(type)
    case .sessionClass: .string(sessionClass)
    case .seat: .string(seat)
    case .tty: .string(tty)
    case .display: .string(display)
    case .desktop: .string(desktop)
    case .remoteHost: .string(remoteHost)
    case .host: .string(host)
    case .realName: .string(realName)
    case .created: .string(created)
    case .graphical: .boolean(isGraphical)
    case .remote: .boolean(isRemote)
    case .idle: .boolean(isIdle)
    case .locked: .boolean(isLocked)
    }
  }

  /// Sets a detail.
  ///
  /// - Returns: whether the detail accepts the value.
  public mutating func set(_ detail: SessionDetail, to value: ContractValue) -> Bool {
    switch (detail, value) {
    case (.type, .string(let text)): type = text
    case (.sessionClass, .string(let text)): sessionClass = text
    case (.seat, .string(let text)): seat = text
    case (.tty, .string(let text)): tty = text
    case (.display, .string(let text)): display = text
    case (.desktop, .string(let text)): desktop = text
    case (.remoteHost, .string(let text)): remoteHost = text
    case (.host, .string(let text)): host = text
    case (.realName, .string(let text)): realName = text
    case (.created, .string(let text)): created = text
    case (.graphical, .boolean(let flag)): isGraphical = flag
    case (.remote, .boolean(let flag)): isRemote = flag
    case (.idle, .boolean(let flag)): isIdle = flag
    case (.locked, .boolean(let flag)): isLocked = flag
    default: return false
    }
    return true
  }
}
