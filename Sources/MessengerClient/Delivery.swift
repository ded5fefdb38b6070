public import MessengerContract

/// What became of a message in one session, or why a recipient was not found.
public struct Delivery: Sendable, Equatable {
  /// The logind session's id; empty where the entry stands for no session, such as an unknown name.
  public let sessionID: String
  /// The user's name; without a session, the recipient as it was given.
  public let userName: String
  /// The user's uid; `Messenger.noUID` without a session.
  public let uid: UInt32
  /// Where the delivery stands.
  public let state: DeliveryState
  /// What else is known.
  public let details: DeliveryDetails

  /// An entry of an answer.
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

extension Delivery {
  /// Takes a structure `(ssusa{sv})`.
  init(from reader: inout MessageReader) throws {
    self = try reader.structure { fields in
      Delivery(
        sessionID: try fields.string(), userName: try fields.string(), uid: try fields.uint32(),
        state: try DeliveryState(from: &fields), details: try DeliveryDetails(from: &fields))
    }
  }
}

extension DeliveryState {
  /// Takes a string that must be a state of the contract.
  init(from reader: inout MessageReader) throws {
    let name = try reader.string()
    guard let state = DeliveryState(rawValue: name) else {
      throw ClientError.malformedAnswer("unknown state '\(name)'")
    }
    self = state
  }
}
