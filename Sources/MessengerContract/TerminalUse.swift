/// Whether a message is written on terminals, on which users are logged in without a desktop. Raw values are those on
/// the wire.
public enum TerminalUse: String, Sendable, CaseIterable {
  /// On the terminals of users who have no desktop among the recipients.
  case too
  /// On terminals only, also on those of users who have a desktop.
  case only
  /// On none.
  case no
}
