/// The delivery of a message to one session, or the reason why a recipient was not found: `(ssusa{sv})` on the wire.
public struct Delivery: Sendable, Equatable {
  /// The logind session's id; empty if the entry stands for no session, such as an unknown name, or a user who isn't
  /// there yet.
  public var sessionID: String
  /// The user's name; without a session, the recipient as the sender wrote it.
  public var userName: String
  /// The user's uid; `Messenger.noUID` if the entry stands for no user.
  public var uid: UInt32
  /// The delivery's state.
  public var state: DeliveryState
  /// The other facts about the delivery.
  public var details: DeliveryDetails

  /// The D-Bus signature of a delivery.
  public static let signature = "(ssusa{sv})"

  /// Whether the message has been on the recipient's screen. A message that was held may end before its user comes.
  public var isReached: Bool { state.isReached && !sessionID.isEmpty }

  /// Makes an entry of an answer or a signal.
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
