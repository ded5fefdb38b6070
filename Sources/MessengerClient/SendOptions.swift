public import MessengerContract

/// How a message is to be shown. What is nil is left to the service.
public struct SendOptions: Sendable, Equatable {
  /// Seconds that the popup stays; 0 = until it is answered.
  public var timeout: UInt32?
  /// The popup's summary.
  public var title: String?
  /// Whether the answer comes only when every delivery is final.
  public var wait: Bool
  /// How much the popup matters.
  public var urgency: Urgency?
  /// A themed icon's name.
  public var icon: String?
  /// Buttons instead of OK; empty for OK alone.
  public var replies: [Reply]

  /// Options for one message.
  public init(
    timeout: UInt32? = nil, title: String? = nil, wait: Bool = false, urgency: Urgency? = nil, icon: String? = nil,
    replies: [Reply] = []
  ) {
    self.timeout = timeout
    self.title = title
    self.wait = wait
    self.urgency = urgency
    self.icon = icon
    self.replies = replies
  }
}
