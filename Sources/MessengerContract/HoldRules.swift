/// The rules for holding a message. msg checks them before it sends, and msgd for every caller.
public enum HoldRules {
  /// How long a message may be held, in seconds: a second to thirty days.
  public static let times: ClosedRange<UInt32> = 1...2_592_000
}
