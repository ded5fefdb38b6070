/// Where a broker is, and how to prove there who one is.
public struct BrokerSettings: Sendable, Equatable {
  /// The host's name or address.
  public var host: String
  /// The port.
  public var port: UInt16
  /// The path of the certificates of the authorities that the broker's certificate may come from. Nil: no TLS.
  public var authorities: String?
  /// The path of one's own certificate.
  public var certificate: String?
  /// The path of the certificate's key.
  public var key: String?
  /// The user's name, where the certificate doesn't say it.
  public var userName: String?
  /// The user's password.
  public var password: String?

  /// Makes settings without TLS and identity.
  public init(host: String, port: UInt16 = 8883) {
    self.host = host
    self.port = port
  }
}

/// How a client's session is kept by the broker.
public struct SessionSettings: Sendable {
  /// The client's id. The broker ends the connection of an older client with the same one.
  public var clientID: String
  /// The longest time without a packet, in seconds. The broker takes a client for gone after one and a half times this.
  public var keepAlive: UInt16
  /// How long the broker keeps the session of a client that is away, and what is sent to it, in seconds.
  public var expiry: UInt32
  /// What the broker publishes if the connection breaks.
  public var will: Publication?
  /// The most messages that the broker may send without an acknowledgement.
  public var receiveMaximum: UInt16
  /// The longest packet that the broker may send.
  public var maximumPacketSize: UInt32

  /// Makes settings.
  public init(
    clientID: String, keepAlive: UInt16, expiry: UInt32, will: Publication? = nil, receiveMaximum: UInt16 = 100,
    maximumPacketSize: UInt32 = 1 << 20
  ) {
    self.clientID = clientID
    self.keepAlive = keepAlive
    self.expiry = expiry
    self.will = will
    self.receiveMaximum = receiveMaximum
    self.maximumPacketSize = maximumPacketSize
  }
}

/// How surely a message arrives.
public enum QualityOfService: Int32, Sendable {
  /// At most once: it may be lost.
  case atMostOnce = 0
  /// At least once: it may come twice.
  case atLeastOnce = 1
}

/// A message for the broker.
public struct Publication: Sendable, Equatable {
  /// The topic's name.
  public var topic: String
  /// The payload.
  public var payload: [UInt8]
  /// How surely it arrives.
  public var quality: QualityOfService
  /// Whether the broker keeps it for whoever subscribes later, in place of an earlier one.
  public var isRetained: Bool
  /// How long the broker keeps it for clients that are away, in seconds. Nil: for as long as their sessions.
  public var expiry: UInt32?
  /// User properties, by name.
  public var properties: [String: String]

  /// Makes a message.
  public init(
    topic: String, payload: [UInt8], quality: QualityOfService = .atLeastOnce, isRetained: Bool = false,
    expiry: UInt32? = nil, properties: [String: String] = [:]
  ) {
    self.topic = topic
    self.payload = payload
    self.quality = quality
    self.isRetained = isRetained
    self.expiry = expiry
    self.properties = properties
  }
}
