internal import MessengerContract

/// The file that the settings were read from.
struct Configuration: Sendable, Equatable {
  /// Its path; empty where none was read.
  var path = ""
  /// What in it is not in force as it is written, a line each, with the file's and the line's number.
  var problems: [String] = []
}

/// The service's numbers, and where it keeps things. The outside world's part (clock, bus) is passed in beside them.
public struct Settings: Sendable, Equatable {
  /// Seconds that a popup stays where the sender doesn't say; 0 = until it is answered.
  public var defaultTimeout = Messenger.defaultTimeout
  /// The longest body that is taken, in Unicode code points.
  public var maximumBodyLength = UInt32(Messenger.maximumBodyLength)
  /// Seconds that a popup stands, where the desktop has no room for all, before it gives way to another sender's.
  var popupTurn: UInt32 = 30
  /// How much a sender may do, and a recipient get.
  var limits = Limits()
  /// Where the administrator's part of this comes from.
  var configuration = Configuration()
  /// The folder for what is kept while the service doesn't run; that of `StateDirectory=` in `msgd.service`.
  public var stateFolder = "/var/lib/msgd"
  /// Where `msgd-connect` listens; `nil` for the usual place.
  public var helperSocket: String?
  /// The folder with gettext's catalogs.
  public var localeFolder = "/usr/share/locale"
  /// The folders with programs that users start, the first first.
  public var programFolders = ["/usr/local/bin", "/usr/bin"]
  /// How long a delivery may take until the popup stands.
  public var deliveryTimeout: Duration = .seconds(5)
  /// How long logind, polkit, the system bus and the name service may take for an answer.
  public var systemTimeout: Duration = .seconds(5)
  /// How long somebody may take to type a password.
  public var dialogueTimeout: Duration = .seconds(120)
  /// How long a record in the journal may wait for the name of the sender's unit.
  public var journalTimeout: Duration = .seconds(1)
  /// A popup that is closed sooner after it appeared was not seen.
  public var settlingDelay: Duration = .milliseconds(2)
  /// How long a message is remembered after its last delivery became final.
  public var retentionTimeout: Duration = .seconds(600)
  /// How many messages of one sender are remembered for so long: the newest.
  public var mostRemembered = 1000
  /// For how long a session bus is kept that no message needs any more, and how many such.
  public var busIdleTimeout: Duration = .seconds(60)
  var mostIdleBuses = 1000
  /// How long the service stays when it has nothing to do and no message to remember.
  public var idleTimeout: Duration = .seconds(300)
  /// How long popups may take to close when the service ends.
  public var closingTimeout: Duration = .seconds(2)

  /// The longest time that a popup may be asked to stay, in seconds.
  static let timeoutLimit = UInt32(Int32.max)

  /// The defaults.
  public init() {}
}
