internal import MessengerContract

/// The file that the settings were read from.
struct Configuration: Sendable, Equatable {
  /// Its path; empty if none was read.
  var path = ""
  /// The parts of it that are not in force as written, a line each, with the file's name and the line's number.
  var problems: [String] = []
}

/// The service's numbers, and the places where it stores things. The outside world (clock, bus) is passed in
/// separately.
public struct Settings: Sendable, Equatable {
  /// How many seconds a popup stays if the sender doesn't say; 0 = until it is answered.
  public var defaultTimeout = Messenger.defaultTimeout
  /// The longest accepted body, in Unicode code points.
  public var maximumBodyLength = UInt32(Messenger.maximumBodyLength)
  /// How many seconds a message may be held.
  var longestHold = HoldRules.times.upperBound
  /// How many seconds a popup stands before it gives way to another sender's, if the desktop has no room for all.
  var popupTurn: UInt32 = 30
  /// The limits on senders and recipients.
  var limits = Limits()
  /// The file that set some of these.
  var configuration = Configuration()
  /// The folder for what outlives the service; `StateDirectory=` in `msgd.service` sets it.
  public var stateFolder = "/var/lib/msgd"
  /// The socket of `msgd-connect`; `nil` for the usual one.
  public var helperSocket: String?
  /// The folder with gettext's catalogs.
  public var localeFolder = "/usr/share/locale"
  /// The folders with programs that users start, in order of preference.
  public var programFolders = ["/usr/local/bin", "/usr/bin"]
  /// How long a delivery may take until its popup stands.
  public var deliveryTimeout: Duration = .seconds(5)
  /// How long logind, polkit, the system bus and the name service may take to answer.
  public var systemTimeout: Duration = .seconds(5)
  /// How long somebody may take to type a password.
  public var dialogueTimeout: Duration = .seconds(120)
  /// How long a record in the journal may wait for the name of the sender's unit.
  public var journalTimeout: Duration = .seconds(1)
  /// A popup that is closed within this time after it appeared was not seen.
  public var settlingDelay: Duration = .milliseconds(2)
  /// How long a message is remembered after its last delivery became final.
  public var retentionTimeout: Duration = .seconds(600)
  /// How many messages of one sender are remembered that long. The newest are.
  public var mostRemembered = 1000
  /// How long a session bus is kept when no message needs it any more, and how many such buses are kept.
  public var busIdleTimeout: Duration = .seconds(60)
  var mostIdleBuses = 1000
  /// How long the service stays when it has nothing to do and no message to remember.
  public var idleTimeout: Duration = .seconds(300)
  /// How long popups may take to close when the service ends.
  public var closingTimeout: Duration = .seconds(2)

  /// The longest time that a sender may ask a popup to stay, in seconds.
  static let timeoutLimit = UInt32(Int32.max)

  /// How long a popup stays that is to stay for some seconds; `nil` = until it is answered.
  static func stay(seconds: UInt32) -> Duration? { seconds == 0 ? nil : .seconds(Int64(seconds)) }

  /// The number for a popup's time: the inverse of ``stay(seconds:)``.
  static func seconds(of stay: Duration?) -> UInt32 { UInt32(clamping: stay?.components.seconds ?? 0) }

  /// Makes the defaults.
  public init() {}
}
