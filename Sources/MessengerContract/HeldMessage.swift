/// A message that is held for somebody: `(tsust)` on the wire.
public struct HeldMessage: Sendable, Equatable {
  /// The message's id.
  public var id: UInt64
  /// The sender's name.
  public var sender: String
  /// The sender's uid.
  public var senderUID: UInt32
  /// The name of the user for whom it is held, or the word for whoever comes, such as `*`.
  public var recipient: String
  /// Until when it is held, in seconds since 1970.
  public var until: UInt64

  /// The D-Bus signature of a held message.
  public static let signature = "(tsust)"

  /// Makes an entry of an answer.
  public init(id: UInt64, sender: String, senderUID: UInt32, recipient: String, until: UInt64) {
    self.id = id
    self.sender = sender
    self.senderUID = senderUID
    self.recipient = recipient
    self.until = until
  }
}
