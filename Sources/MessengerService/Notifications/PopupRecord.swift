internal import GBus

/// A popup that stands on somebody's desktop, as a later msgd has to know it, to close it after a crash.
struct PopupRecord: Sendable, Equatable {
  /// The message that it shows.
  var message: UInt64
  /// Whose desktop it is on.
  var user: User
  /// Where the session bus listens.
  var address: BusAddress
  /// The session bus's id, which it tells with `OK` (D-Bus Specification, Authentication Protocol): names and ids of
  /// another bus may be the same.
  var bus: String
  /// The unique name of the notification server that shows it.
  var server: String
  /// The server's id.
  var id: UInt32
}

extension PopupRecord {
  /// All of it as one line of text; user names and paths may have blanks, but no tabs; addresses
  /// are last, since a user chooses them.
  var text: String {
    [
      String(message), String(user.uid), String(user.gid), user.name, user.runtimePath, bus, server, String(id),
      address.name,
    ].joined(separator: "\t")
  }

  /// What ``text`` says; `nil` where it is none.
  init?(text: String) {
    let fields = text.split(separator: "\t", maxSplits: 8, omittingEmptySubsequences: false).map(String.init)
    guard fields.count == 9, let message = UInt64(fields[0]), let uid = UInt32(fields[1]), let gid = UInt32(fields[2]),
      let id = UInt32(fields[7])
    else { return nil }
    let user = User(uid: uid, gid: gid, name: fields[3], runtimePath: fields[4])
    let address = BusAddress(name: fields[8])
    self.init(
      message: message, user: user, address: address, bus: fields[5], server: fields[6], id: id)
  }
}
