/// The rules for reply buttons. msg checks them before it sends, and msgd for every caller.
public enum ReplyRules {
  /// The most buttons. GNOME Shell shows no more (3.38 to 50, `MAX_NOTIFICATION_BUTTONS` in messageTray.js).
  public static let most = 3
  /// The widest label, in columns of a terminal. An East Asian wide character has two.
  public static let labelColumns = 20
  /// The widest that all labels may be together, in columns. Some desktops put them in one row (notification-daemon and
  /// MATE of 300 pixels, SwayNotificationCenter of 500), and buttons beyond it are off the popup.
  public static let allLabelsColumns = 28
  /// The longest label, in Unicode code points, because a character may consist of many.
  public static let labelLength = 80
  /// The longest key, in characters.
  public static let keyLength = 64

  /// Returns why a key isn't accepted, as the end of a sentence that begins with the key; `nil` if it is.
  public static func fault(inKey key: String) -> String? {
    if key.isEmpty { return "is empty" }
    if key.utf8.count > keyLength { return "has more than \(keyLength) characters" }
    if !PlainName.isPlain(key) { return "may only have \(PlainName.shape)" }
    return isReserved(key) ? "is reserved: desktops or msg mean something else by it" : nil
  }

  /// Whether a key has another meaning for desktops or msgd:
  ///
  /// - `default` is a click on the popup itself, and `x-` begins a server's own keys (Desktop Notifications 1.2,
  ///   "Notify" and "Vendor-specific").
  /// - `inline-reply` is a field for text on Plasma and SwayNotificationCenter, such as one labelled "Password:".
  /// - `settings` is the button of Plasma that opens settings (libnotificationmanager, `Notification::setActions`).
  /// - `ok` and `show-all` are msgd's own buttons, and `later-` begins the keys of those that put a message off.
  private static func isReserved(_ key: String) -> Bool {
    key.hasPrefix("x-") || key.hasPrefix(LaterRules.keyPrefix)
      || ["default", "inline-reply", "ok", "settings", "show-all"].contains(key)
  }
}
