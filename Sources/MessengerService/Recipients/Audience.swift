internal import MessengerContract

/// The users whom a message may reach. Polkit decides on them, and nobody else gets the message, whatever its
/// recipients' words mean by then.
struct Audience: Sendable, Equatable {
  /// The action that the sender must be permitted; `nil` if the message reaches only the sender, who could also run
  /// notify-send.
  let action: PolkitAction?
  /// The user names besides the sender's own; `nil` if the message may reach anybody.
  let names: Set<String>?
  /// The sender; `nil` for root.
  let sender: User?

  /// The user who sends the message, whom it may always reach.
  struct User: Sendable, Equatable {
    var uid: UInt32
    var name: String
  }

  /// Everybody, for a message from root.
  static let everybody = Audience(action: .broadcast, names: nil, sender: nil)

  /// Whether the message may reach a user.
  func covers(_ user: MessengerService.User) -> Bool {
    user.uid == sender?.uid || names?.contains(user.name) ?? true
  }

  /// The users as an administrator's rules see them: sorted, separated by a comma and a space. `*` if the message may
  /// reach anybody, and the sender's own name if it reaches nobody else.
  var recipients: String {
    guard let names else { return "*" }
    let all = names.isEmpty ? [sender?.name ?? ""] : Array(names)
    return all.map(Self.spelled).sorted().joined(separator: ", ")
  }

  /// How much of a name a rule sees, in Unicode code points. Users' names have 32, seldom more (useradd(8), systemd's
  /// "User/Group Name Syntax").
  private static let longest = 64

  /// Returns a name that can't be mistaken for two names, nor, if it is cut, for another one.
  private static func spelled(_ name: String) -> String {
    CharacterPolicy.listedName.beginning(of: name, atMost: longest)
  }
}
