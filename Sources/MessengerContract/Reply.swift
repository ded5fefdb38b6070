/// A button that answers a message.
public struct Reply: Sendable, Hashable {
  /// What the sender gets to see when it was chosen, as ``DeliveryDetails/reply``.
  public var key: String
  /// What is written on it.
  public var label: String

  /// A button. The service refuses an empty key or label, and a key that is there twice.
  public init(key: String, label: String) {
    self.key = key
    self.label = label
  }
}
