internal import GBus

/// The facts about a standing popup, or a window in its place, that a later msgd needs to close it after a crash.
struct PopupRecord: Sendable, Equatable {
  /// The id of the message that it shows.
  var message: UInt64
  /// The user whose desktop it is on.
  var user: User
  /// The address of the session bus.
  var address: BusAddress
  /// The session bus's id, which it sends with `OK` (D-Bus Specification, Authentication Protocol). Without it, another
  /// bus with the same names and ids could be mistaken for this one.
  var bus: String
  /// The unique name of the notification server that shows it; of a window, the beginning of its unit's name.
  var server: String
  /// The popup's id on the server; 0 for a window.
  var id: UInt32
}

extension PopupRecord {
  /// Makes the record of a window.
  init(message: UInt64, user: User, address: BusAddress, bus: String, window unit: String) {
    self.init(message: message, user: user, address: address, bus: bus, server: unit, id: 0)
  }

  /// The beginning of the name of a window's unit; `nil` for a popup.
  var windowUnit: String? { id == 0 ? server : nil }
}

extension PopupRecord {
  /// The record as one line of text, separated by tabs. User names and paths may contain blanks, but no tabs. The
  /// address comes last, because a user chooses it.
  var text: String {
    [
      String(message), String(user.uid), String(user.gid), user.name, user.runtimePath, bus, server, String(id),
      address.name,
    ].joined(separator: "\t")
  }

  /// Reads a record from ``text``; `nil` if the text isn't one.
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
