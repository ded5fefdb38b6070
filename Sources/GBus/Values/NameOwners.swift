/// The unique names of those who have well-known names, as the bus says.
struct NameOwners {
  private var owners: [String: String] = [:]

  /// Whether no name is watched.
  var isEmpty: Bool { owners.isEmpty }

  /// Whether a name is one that can change hands.
  static func isWellKnown(_ name: String) -> Bool { !name.hasPrefix(":") && name != Remote.bus.destination }

  /// Begins to watch a name.
  ///
  /// - Returns: whether it wasn't watched yet.
  mutating func watch(_ name: String) -> Bool {
    guard owners[name] == nil else { return false }
    owners[name] = ""
    return true
  }

  /// Takes note of who has a name; nobody where that is empty.
  mutating func note(_ owner: String, of name: String) {
    if owners[name] != nil { owners[name] = owner }
  }

  /// Whether somebody is who is wanted, by whatever name.
  func fits(_ wanted: String, _ sender: String) -> Bool {
    wanted == sender || (!sender.isEmpty && owners[wanted] == sender)
  }
}
