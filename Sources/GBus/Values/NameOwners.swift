/// The unique names of the owners of well-known names, as the bus reports them.
struct NameOwners {
  private var owners: [String: String] = [:]

  /// Whether no name is watched.
  var isEmpty: Bool { owners.isEmpty }

  /// Whether a name can change its owner.
  static func isWellKnown(_ name: String) -> Bool { !name.hasPrefix(":") && name != Remote.bus.destination }

  /// Begins to watch a name.
  ///
  /// - Returns: whether it wasn't watched yet.
  mutating func watch(_ name: String) -> Bool {
    guard owners[name] == nil else { return false }
    owners[name] = ""
    return true
  }

  /// Notes the owner of a name; empty for none.
  mutating func note(_ owner: String, of name: String) {
    if owners[name] != nil { owners[name] = owner }
  }

  /// Whether a sender is the wanted one, by either kind of name.
  func fits(_ wanted: String, _ sender: String) -> Bool {
    wanted == sender || (!sender.isEmpty && owners[wanted] == sender)
  }
}
