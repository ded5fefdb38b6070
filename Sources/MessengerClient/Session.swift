/// A session of a logged-in user, as logind knows it.
public struct Session: Sendable, Equatable {
  /// logind's id, such as `42`.
  public var id: String
  /// The user's uid.
  public var uid: UInt32
  /// The user's name.
  public var userName: String
  /// The name that a message may be sent to: the session's terminal, display or seat, such as `tty2`, `:0` or `seat0`.
  public var name: String
  /// `active`, `online` or `closing`.
  public var state: String
  /// `x11`, `wayland`, `mir`, `tty`, `web` or `unspecified`.
  public var type = ""
  /// logind's class, such as `user` or `greeter`.
  public var sessionClass = ""
  /// Whether a message reaches it.
  public var isGraphical = false
  /// The seat, such as `seat0`; empty without one.
  public var seat = ""
  /// The terminal, such as `tty2`; empty without one.
  public var tty = ""
  /// The X11 display, such as `:0`; empty without one.
  public var display = ""
  /// The desktop, such as `gnome`; empty where it is unknown.
  public var desktop = ""
  /// Whether the user sits at another machine.
  public var isRemote = false
  /// The machine that the user sits at; empty where it is this one or unknown.
  public var remoteHost = ""
  /// The machine that the session runs on.
  public var host = ""
  /// The user's full name; empty where none is recorded.
  public var realName = ""
  /// When it began: ISO 8601, UTC.
  public var created = ""
  /// Whether the user has done nothing for a while.
  public var isIdle = false
  /// Whether the screen is locked.
  public var isLocked = false

  /// A session of which nothing else is known.
  public init(id: String, uid: UInt32, userName: String, name: String, state: String) {
    self.id = id
    self.uid = uid
    self.userName = userName
    self.name = name
    self.state = state
  }
}

extension Session {
  /// Takes a structure `(susssa{sv})`.
  init(from reader: inout MessageReader) throws {
    self = try reader.structure { fields in
      var session = Session(
        id: try fields.string(), uid: try fields.uint32(), userName: try fields.string(), name: try fields.string(),
        state: try fields.string())
      try fields.dictionary { key, value in try session.take(key, from: &value) }
      return session
    }
  }

  /// Takes one detail. Unknown keys are passed over: a later service may tell more.
  private mutating func take(_ key: String, from value: inout MessageReader) throws {
    if let property = Self.texts[key] {
      self[keyPath: property] = try value.string()
    } else if let property = Self.flags[key] {
      self[keyPath: property] = try value.boolean()
    } else {
      value.skipRest()
    }
  }

  private static var texts: [String: WritableKeyPath<Session, String>] {
    [
      "type": \.type, "class": \.sessionClass, "seat": \.seat, "tty": \.tty, "display": \.display,
      "desktop": \.desktop, "remote-host": \.remoteHost, "host": \.host, "real-name": \.realName, "created": \.created,
    ]
  }

  private static var flags: [String: WritableKeyPath<Session, Bool>] {
    ["graphical": \.isGraphical, "remote": \.isRemote, "idle": \.isIdle, "locked": \.isLocked]
  }
}
