/// A logged-in user, as logind knows them.
public struct User: Sendable, Equatable {
  /// The user's id.
  public var uid: UInt32
  /// The id of the user's primary group.
  public var gid: UInt32
  /// The login name.
  public var name: String
  /// `XDG_RUNTIME_DIR`, where the user's session bus is found.
  public var runtimePath: String

  /// Whether it is root, who msgd never becomes: their desktops get no popups.
  var isRoot: Bool { uid == 0 }

  /// A user.
  public init(uid: UInt32, gid: UInt32, name: String, runtimePath: String) {
    self.uid = uid
    self.gid = gid
    self.name = name
    self.runtimePath = runtimePath
  }
}

/// A login session, as logind knows it (org.freedesktop.login1(5), Session Objects).
public struct LoginSession: Sendable, Equatable {
  /// The state of a session, as logind has it (org.freedesktop.login1(5), `State`).
  public enum State: Sendable, Equatable {
    /// It begins, and logind isn't done with that.
    case opening
    /// Its seat shows another one.
    case online
    /// Its seat shows it, or it has no seat.
    case active
    /// It has ended, and some of its processes haven't.
    case closing
    /// One that logind has beside these; empty where it is not known.
    case other(String)

    private static let known: [String: State] = [
      "opening": .opening, "online": .online, "active": .active, "closing": .closing,
    ]

    /// The state of this name.
    public init(_ name: String) { self = Self.known[name] ?? .other(name) }

    /// Its name.
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
  /// Whose session it is.
  public var user: User
  /// `x11`, `wayland`, `mir`, `tty`, `web` or `unspecified`.
  public var type: String
  /// `user`, `greeter`, `lock-screen`, `background` and their kin.
  public var sessionClass: String
  /// logind doesn't signal it: ``LoginSession/take(_:)`` says what is known of it, and
  /// ``SessionDirectory/refreshDoubtfulStates(of:)`` asks.
  public var state: State
  /// The seat, such as `seat0`; empty for a session without one (over the network).
  public var seat: String
  /// The terminal, such as `tty2` or `pts/7`; empty for none.
  public var tty: String
  /// The X11 display, such as `:0`; empty for none.
  public var display: String
  /// What the session says of its desktop, such as `GNOME`; may be empty.
  public var desktop: String
  /// Whether it came over the network.
  public var isRemote: Bool
  /// From which host; may be empty.
  public var remoteHost: String
  /// When it was opened, in microseconds since 1970.
  public var created: UInt64
  /// Whether nobody has used it for a while.
  public var isIdle: Bool
  /// Whether its screen is locked.
  public var isLocked: Bool
  /// Whether its seat shows it, as logind signals; true for one without a seat.
  public var isActive = false
  /// The path of its seat's object; empty for none.
  public var seatPath = ""
  /// The systemd scope of its processes, such as `session-2.scope`; may be empty.
  public var scope = ""
  /// The process that the session ends with; 0 where that isn't known.
  public var leader: UInt32 = 0
  /// Whether programs in it have a display. Looked for only where it tells a desktop from a terminal: ``isOnTerminal``.
  public var hasDisplay = false

  private static let targetClasses: Set = ["user", "user-early", "user-light", "user-early-light"]
  private static let targetTypes: Set = ["x11", "wayland", "mir"]

  /// Whether messages are meant for it: a user's own session, on a desktop, and not about to end. Root's fail.
  public var isGraphical: Bool {
    isUsers && Self.targetTypes.contains(type) || isOnTerminal && hasDisplay
  }

  /// Whether it is on a terminal of this machine's, from which a desktop may have been started: that changes no type
  /// (`startx`). A session over the network has no seat, whatever display it shows programs on.
  var isOnTerminal: Bool { isUsers && type == "tty" && !seat.isEmpty }

  private var isUsers: Bool { Self.targetClasses.contains(sessionClass) && state != .closing }

  /// The name by which it is reported: its terminal, else its display, its seat, or at last its id.
  public var name: String { shapelyNames.first ?? id }

  /// The session names that it goes by, in lower case. `console` is the session that seat0 shows, and no other.
  var names: [String] {
    let own = shapelyNames.map { $0.lowercased() }
    return seat == "seat0" && isActive ? own + [SessionNameShape.console] : own
  }

  /// Its terminal, display and seat, without what is there in a shape that none has: ``SessionNameShape``.
  private var shapelyNames: [String] {
    var names: [String] = []
    if SessionNameShape.isTerminal(tty) { names.append(tty) }
    if SessionNameShape.isDisplay(display) { names.append(display) }
    if SessionNameShape.isSeat(seat) { names.append(seat) }
    return names
  }
}
