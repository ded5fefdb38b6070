/// A button that answers a message.
public struct Reply: Sendable, Hashable {
  /// The value that the sender gets when the user chooses the button, as ``DeliveryDetails/reply``.
  public var key: String
  /// The text on the button.
  public var label: String

  /// Makes a button. The service refuses an empty key or label, and a key that occurs twice.
  public init(key: String, label: String) {
    self.key = key
    self.label = label
  }
}
