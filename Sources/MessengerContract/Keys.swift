/// The keys of the options of `Send` and `Update`.
public enum SendOption: String, ContractKey {
  /// How many seconds the popup stays; 0 = until it is answered.
  case timeout
  /// The popup's summary.
  case title
  /// Whether the call is answered only when every delivery is final.
  case wait
  /// `low`, `normal` or `critical`.
  case urgency
  /// The name of a themed icon.
  case icon
  /// The buttons instead of OK.
  case replies
  /// How much of something is done, in percent.
  case progress
  /// The times after which it may come again if it is put off, in seconds.
  case later
  /// The end of putting off, in seconds since 1970.
  case until
  /// The hint in a field in which the user answers in words; it may be empty.
  case ask
  /// The answers of which the user chooses one.
  case choices
  /// Whether a window shows it instead of a popup: `always`, `fallback` or `never`.
  case window
  /// Whether it is written on terminals: `too`, `only` or `no`.
  case terminals
  /// Whether it is shown again to those who have seen it: `Update` only.
  case again
  /// How many seconds its recipients, who are users then, may take to come to a desktop.
  case hold

  /// On whose behalf it is sent, such as `helpdesk@office`: only for whom polkit permits that.
  case origin

  /// Whether `Send` takes it.
  public var isForSend: Bool { self != .again }

  /// Whether `Update` takes it.
  public var isForUpdate: Bool { [.timeout, .title, .icon, .progress, .again].contains(self) }

  /// The type of the option's value.
  public var type: ContractType {
    switch self {
    case .timeout, .progress, .hold: .uint32
    case .title, .urgency, .icon, .ask, .window, .terminals, .origin: .string
    case .wait, .again: .boolean
    case .replies: .replies
    case .later: .uint32s
    case .until: .uint64
    case .choices: .strings
    }
  }
}

/// The keys of a delivery's details.
public enum DeliveryDetail: String, ContractKey {
  /// The session's name, such as `tty2`.
  case sessionName = "session-name"
  /// The name of the session's user.
  case userName = "user-name"
  /// The recipient as the sender wrote it, if it is the user's name in another case.
  case recipient
  /// The seconds from `Send` until the final state.
  case elapsed
  /// The key of the reply button that the user chose.
  case reply
  /// The user's answer in words, or the choice.
  case text
  /// How many seconds the popup stays, in a delivery to a desktop; 0 = until it is answered.
  case timeout
  /// By what it was shown, `popup`, `window` or `terminal`, once it was.
  case by
  /// `false` if the desktop took the popup, and may hide it without telling.
  case certain
  /// When it comes again, in seconds since 1970.
  case returns
  /// How often the user has put it off.
  case deferrals
  /// Until when it is held, in seconds since 1970.
  case until
  /// The name of the error, one of ``MessengerErrorCode``'s.
  case error
  /// What went wrong, in words.
  case errorMessage = "error-message"

  /// The type of the detail's value.
  public var type: ContractType {
    switch self {
    case .sessionName, .userName, .recipient, .reply, .text, .by, .error, .errorMessage: .string
    case .elapsed: .double
    case .timeout, .deferrals: .uint32
    case .returns, .until: .uint64
    case .certain: .boolean
    }
  }
}

/// The keys of a session's details.
public enum SessionDetail: String, ContractKey {
  /// logind's class, such as `user` or `greeter`.
  case sessionClass = "class"
  /// When it was opened, in ISO 8601 and UTC.
  case created
  /// The desktop, such as `GNOME`.
  case desktop
  /// The X11 display, such as `:0`.
  case display
  /// Whether messages reach it.
  case graphical
  /// The machine at which the user sits.
  case host
  /// Whether nobody has used it for a while.
  case idle
  /// Whether the screen is locked.
  case locked
  /// The user's full name.
  case realName = "real-name"
  /// Whether the user came over the network.
  case remote
  /// The host from which the user came.
  case remoteHost = "remote-host"
  /// The seat, such as `seat0`.
  case seat
  /// The terminal, such as `tty2`.
  case tty
  /// `x11`, `wayland`, `mir`, `tty`, `web` or `unspecified`.
  case type

  /// The type of the detail's value.
  public var type: ContractType {
    switch self {
    case .graphical, .idle, .locked, .remote: .boolean
    case .sessionClass, .created, .desktop, .display, .host, .realName, .remoteHost, .seat, .tty, .type: .string
    }
  }
}
