/// What became of a message in one session, or why a recipient was not found: `(ssusa{sv})` on the wire.
public struct Delivery: Sendable, Equatable {
  /// The logind session's id; empty where the entry stands for no session, such as an unknown name.
  public var sessionID: String
  /// The user's name; without a session, the recipient as it was given.
  public var userName: String
  /// The user's uid; `Messenger.noUID` without a session.
  public var uid: UInt32
  /// Where the delivery stands.
  public var state: DeliveryState
  /// What else is known.
  public var details: DeliveryDetails

  /// The signature of one.
  public static let signature = "(ssusa{sv})"

  /// An entry of an answer or a signal.
  public init(
    sessionID: String, userName: String, uid: UInt32, state: DeliveryState, details: DeliveryDetails = DeliveryDetails()
  ) {
    self.sessionID = sessionID
    self.userName = userName
    self.uid = uid
    self.state = state
    self.details = details
  }
}
