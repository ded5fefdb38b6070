/// The actions on which polkit decides, with their names in `dbus/org.msgd.policy`.
public enum PolkitAction: String, Sendable, CaseIterable {
  /// To message one other user or session, and to see who is logged in.
  case sendUser = "org.msgd.send-user"
  /// To message several users at once, or everybody to whom a word applies.
  case broadcast = "org.msgd.broadcast"
  /// To see the deliveries of others' messages, and to withdraw these.
  case manage = "org.msgd.manage"
  /// To message users who take no messages.
  case overrideMute = "org.msgd.override-mute"
  /// To have messages held for others until they come.
  case hold = "org.msgd.hold"
  /// To send messages on behalf of others, whom the popups then name.
  case relay = "org.msgd.relay"
}
