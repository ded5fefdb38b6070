/// What happens on a connection.
public enum BrokerEvent: Sendable, Equatable {
  /// The broker has accepted the connection, the first or a later one. `hasSession`: it has kept the session, with its
  /// subscriptions and what came meanwhile.
  case connected(hasSession: Bool)
  /// The broker has refused the connection. It is tried again.
  case refused(Reason)
  /// The connection is lost, or could not be made. It is tried again.
  case disconnected(Reason)
  /// The broker has answered a subscription: a reason for each filter.
  case subscribed(Int32, [Reason])
  /// The broker has taken a publication of quality 1, or refused it; one of quality 0 is sent.
  case published(Int32, Reason)
  /// A message has come.
  case message(IncomingMessage)
}

/// A message from the broker.
public struct IncomingMessage: Sendable, Equatable {
  /// The topic's name.
  public let topic: String
  /// The payload.
  public let payload: [UInt8]
  /// Whether the broker had kept it from before the subscription.
  public let isRetained: Bool
  /// User properties, by name; the first of each.
  public let properties: [String: String]

  /// Makes a message as a broker would send it.
  public init(topic: String, payload: [UInt8], isRetained: Bool, properties: [String: String]) {
    self.topic = topic
    self.payload = payload
    self.isRetained = isRetained
    self.properties = properties
  }
}

/// Why the broker, or the library, has done something: a reason code of MQTT 5 (section 2.4), or an error before there
/// was one.
public struct Reason: Sendable, Equatable, CustomStringConvertible {
  /// The reason code. Nil: an error of the connection itself.
  public let code: UInt8?
  /// The reason in words.
  public let description: String

  /// Whether it is no error. 16 is a success, too: the broker has taken the message, and nobody is subscribed to its
  /// topic.
  public var isSuccess: Bool { code.map { $0 < 0x80 } ?? false }

  /// Nobody is subscribed to the topic.
  public static let noSubscribers: UInt8 = 0x10
  /// The client may not do that.
  public static let notAuthorized: UInt8 = 0x87
  /// Another client has connected with the same id.
  public static let sessionTakenOver: UInt8 = 0x8E
}

/// Why a call failed before anything was sent.
public struct BrokerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The reason, in words.
  public let description: String
}
