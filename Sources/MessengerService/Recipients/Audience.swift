internal import MessengerContract

/// Whom a message may reach: polkit decides on these users, and whoever is none of them does not get it, whatever the
/// words mean by then.
struct Audience: Sendable, Equatable {
  /// What the sender must be allowed to do; `nil` where it is nobody but the sender, who may run notify-send as well.
  let action: PolkitAction?
  /// The user names beside the sender's own; `nil` where it may be anybody's.
  let names: Set<String>?
  /// The sender; `nil` for root.
  let sender: User?

  /// A sender, whom every message may reach.
  struct User: Sendable, Equatable {
    var uid: UInt32
    var name: String
  }

  /// Everybody, in root's eyes.
  static let everybody = Audience(action: .broadcast, names: nil, sender: nil)

  /// Whether the message may reach a user.
  func covers(_ user: MessengerService.User) -> Bool {
    user.uid == sender?.uid || names?.contains(user.name) ?? true
  }

  /// The users as an administrator's rules see them: sorted, separated by a comma and a space. `*` where it may be
  /// anybody, and the sender's own name where it is nobody else.
  var recipients: String {
    guard let names else { return "*" }
    let all = names.isEmpty ? [sender?.name ?? ""] : Array(names)
    return all.map(Self.spelled).sorted().joined(separator: ", ")
  }

  /// How much of a name a rule sees, in Unicode code points. Users' names have 32, seldom more (useradd(8), systemd's
  /// "User/Group Name Syntax").
  private static let longest = 64

  /// A name that can't pass for two, nor for another one where it is cut.
  private static func spelled(_ name: String) -> String {
    CharacterPolicy.listedName.beginning(of: name, atMost: longest)
  }
}
