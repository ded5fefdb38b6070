internal import MessengerContract

/// A logged-in user, as logind knows them.
public struct User: Sendable, Equatable {
  /// The user's id.
  public var uid: UInt32
  /// The id of the user's primary group.
  public var gid: UInt32
  /// The login name.
  public var name: String
  /// `XDG_RUNTIME_DIR`, the folder of the user's session bus.
  public var runtimePath: String

  /// Whether the user is root. msgd never becomes root, so root's desktops get no popups.
  var isRoot: Bool { uid == 0 }

  /// Makes a user.
  public init(uid: UInt32, gid: UInt32, name: String, runtimePath: String) {
    self.uid = uid
    self.gid = gid
    self.name = name
    self.runtimePath = runtimePath
  }
}

/// A login session, as logind knows it (org.freedesktop.login1(5), Session Objects).
public struct LoginSession: Sendable, Equatable {
  /// The state of a session (org.freedesktop.login1(5), `State`).
  public enum State: Sendable, Equatable {
    /// logind is still setting it up.
    case opening
    /// Its seat shows another session.
    case online
    /// Its seat shows it, or it has no seat.
    case active
    /// It has ended, but some of its processes haven't.
    case closing
    /// A state that isn't known here; empty if the session's state isn't known.
    case other(String)

    private static let known: [String: State] = [
      "opening": .opening, "online": .online, "active": .active, "closing": .closing,
    ]

    /// Makes a state from its name.
    public init(_ name: String) { self = Self.known[name] ?? .other(name) }

    /// The state's name.
    public var name: String {
      switch self {
      case .opening: "opening"
      case .online: "online"
      case .active: "active"
      case .closing: "closing"
      case .other(let name): name
      }
    }
  }

  /// logind's id, such as `2` or `c1`.
  public var id: String
  /// The session's user.
  public var user: User
  /// `x11`, `wayland`, `mir`, `tty`, `web` or `unspecified`.
  public var type: String
  /// `user`, `greeter`, `lock-screen`, `background`, `manager` or a variant of these.
  public var sessionClass: String
  /// The state. logind doesn't signal it: ``LoginSession/take(_:)`` derives it, and
  /// ``SessionDirectory/refreshDoubtfulStates(of:)`` asks for it.
  public var state: State
  /// The seat, such as `seat0`; empty for a session without one (over the network).
  public var seat: String
  /// The terminal, such as `tty2` or `pts/7`; empty for none.
  public var tty: String
  /// The X11 display, such as `:0`; empty for none.
  public var display: String
  /// The desktop's name as the session gives it, such as `GNOME`; may be empty.
  public var desktop: String
  /// Whether the user came over the network.
  public var isRemote: Bool
  /// The host from which the user came; may be empty.
  public var remoteHost: String
  /// When it was opened, in microseconds since 1970.
  public var created: UInt64
  /// Whether nobody has used it for a while.
  public var isIdle: Bool
  /// Whether its screen is locked.
  public var isLocked: Bool
  /// Whether its seat shows it, as logind signals; true for a session without a seat.
  public var isActive = false
  /// The path of its seat's object; empty for none.
  public var seatPath = ""
  /// The systemd scope of its processes, such as `session-2.scope`; may be empty.
  public var scope = ""
  /// The process whose end ends the session; 0 if it isn't known.
  public var leader: UInt32 = 0
  /// Whether its programs have a display. Only looked up if that distinguishes a desktop from a terminal:
  /// ``isOnTerminal``.
  public var hasDisplay = false
  /// The terminal on which messages are written, if it ``isTextual``. Only looked up if the sender wants that.
  public var terminal: String?

  private static let targetClasses: Set = ["user", "user-early", "user-light", "user-early-light"]
  private static let targetTypes: Set = ["x11", "wayland", "mir"]

  /// Whether it is a login, of a person or a program. The session of a user's service manager is none.
  var isLogin: Bool { !Session.serviceManagerClasses.contains(sessionClass) }

  /// Whether it can get messages: a user's own session, on a desktop, and not about to end. Messages to root's sessions
  /// fail.
  public var isGraphical: Bool {
    isUsers && Self.targetTypes.contains(type) || isOnTerminal && hasDisplay
  }

  /// Whether it is on a terminal of this machine. A desktop may have been started there without changing the session's
  /// type (`startx`). A session over the network has no seat, whatever display its programs use.
  var isOnTerminal: Bool { isUsers && type == "tty" && !seat.isEmpty }

  /// Whether it is a user's own session on a terminal, here or over the network, and no desktop.
  var isTextual: Bool { isUsers && type == "tty" && !isGraphical }

  private var isUsers: Bool { Self.targetClasses.contains(sessionClass) && state != .closing }

  /// The name under which it is reported: its terminal, otherwise its display, its seat or, if all are missing, its id.
  public var name: String { shapelyNames.first ?? id }

  /// The session names that mean it, in lower case. `console` means the session that seat0 shows, and no other.
  var names: [String] {
    let own = shapelyNames.map { $0.lowercased() }
    return seat == "seat0" && isActive ? own + [SessionNameShape.console] : own
  }

  /// Its terminal, if logind knows it and its name's shape is valid.
  var ownTerminal: String? { SessionNameShape.isTerminal(tty) ? tty : nil }

  /// Its terminal, display and seat, without names whose shape is not valid: ``SessionNameShape``.
  private var shapelyNames: [String] {
    var names: [String] = []
    if let terminal = terminal ?? ownTerminal { names.append(terminal) }
    if SessionNameShape.isDisplay(display) { names.append(display) }
    if SessionNameShape.isSeat(seat) { names.append(seat) }
    return names
  }
}
