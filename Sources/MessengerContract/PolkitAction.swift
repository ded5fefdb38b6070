/// What polkit decides on, by the names in `dbus/org.msgd.policy`.
public enum PolkitAction: String, Sendable, CaseIterable {
  /// To message one other user or session, and to see who is logged in.
  case sendUser = "org.msgd.send-user"
  /// To message several others at once, or whoever fits.
  case broadcast = "org.msgd.broadcast"
  /// To see what became of others' messages, and to withdraw them.
  case manage = "org.msgd.manage"
  /// To message those who want no messages.
  case overrideMute = "org.msgd.override-mute"
}
