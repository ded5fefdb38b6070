/// The errors of calls, one case for each name on the bus.
public enum MessengerErrorCode: String, Sendable, CaseIterable {
  /// An argument or option is unknown, of the wrong type or out of range.
  case invalidArgument = "InvalidArgument"
  /// Nobody of that name is logged in.
  case noSuchRecipient = "NoSuchRecipient"
  /// The recipient is logged in, but on no desktop.
  case noSession = "NoSession"
  /// The sender may not do this.
  case notAuthorized = "NotAuthorized"
  /// A limit on a number, a length or a rate is exceeded.
  case limitExceeded = "LimitExceeded"
  /// No message of that id is remembered.
  case noSuchMessage = "NoSuchMessage"
  /// logind, which the service needs, can't be asked.
  case unavailable = "Unavailable"
  /// Any other error.
  case failed = "Failed"

  private static let prefix = "org.msgd.Error."

  /// The error's name on the bus, such as `org.msgd.Error.NoSession`.
  public var busName: String { Self.prefix + rawValue }

  /// Makes the code that has this name on the bus, if there is one.
  public init?(busName: String) {
    guard busName.hasPrefix(Self.prefix) else { return nil }
    self.init(rawValue: String(busName.dropFirst(Self.prefix.count)))
  }
}

/// An error of the contract, with a text that names the culprit.
public struct MessengerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of error.
  public let code: MessengerErrorCode
  /// What went wrong, for a person to read.
  public let message: String

  /// Makes an error for the caller.
  public init(_ code: MessengerErrorCode, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
