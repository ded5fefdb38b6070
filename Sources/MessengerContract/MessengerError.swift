/// What can go wrong with a call, one case for each name on the bus.
public enum MessengerErrorCode: String, Sendable, CaseIterable {
  /// An argument or option is unknown, of the wrong type or out of range.
  case invalidArgument = "InvalidArgument"
  /// Nobody of that name is logged in.
  case noSuchRecipient = "NoSuchRecipient"
  /// The recipient is logged in, but on no desktop.
  case noSession = "NoSession"
  /// The sender may not do this.
  case notAuthorized = "NotAuthorized"
  /// More, longer or more often than is allowed.
  case limitExceeded = "LimitExceeded"
  /// No message of that id is remembered.
  case noSuchMessage = "NoSuchMessage"
  /// What the service itself asks, logind, can't be asked.
  case unavailable = "Unavailable"
  /// Everything else.
  case failed = "Failed"

  private static let prefix = "org.msgd.Error."

  /// The error's name on the bus, such as `org.msgd.Error.NoSession`.
  public var busName: String { Self.prefix + rawValue }

  /// The code that goes by this name on the bus, if there is one.
  public init?(busName: String) {
    guard busName.hasPrefix(Self.prefix) else { return nil }
    self.init(rawValue: String(busName.dropFirst(Self.prefix.count)))
  }
}

/// An error with its place in the contract, and a text that names the culprit.
public struct MessengerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Which error.
  public let code: MessengerErrorCode
  /// What went wrong, for a person to read.
  public let message: String

  /// An error for the caller.
  public init(_ code: MessengerErrorCode, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
