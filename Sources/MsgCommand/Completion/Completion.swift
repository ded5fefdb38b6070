import Glibc
import MessengerClient
import MessengerContract

/// The candidates that shells offer while a command line is typed.
enum Completion {
  /// Recipients: users, sessions and everyone; files after `@`; another recipient after a comma.
  static let recipients: @Sendable ([String], Int, String) -> [String] = { _, _, prefix in
    let before = listed(prefix)
    let last = prefix.dropFirst(before.count)
    let candidates = last.hasPrefix("@") ? files(last.dropFirst()).map { "@\($0)" } : targets()
    return (candidates.map { before + $0 } + switches(prefix)).filter(isHarmless)
  }

  /// Candidates where shells expect the message. Shells don't know Windows' switches: if only such switches came
  /// before, the recipient is still missing. After the recipient, more switches may follow.
  static let message: @Sendable ([String], Int, String) -> [String] = { words, index, prefix in
    switch words.prefix(index).dropFirst().count(where: { !$0.hasPrefix("/") }) {
    case 0: recipients(words, index, prefix)
    case 1: switches(prefix).filter(isHarmless)
    default: []
    }
  }

  /// Names for `net-send`: users, sessions, and the hosts of its lists.
  static let names: @Sendable ([String], Int, String) -> [String] = { _, _, _ in
    (targets() + domains.map(\.description) + ["/DOMAIN", "/USERS"]).filter(isHarmless)
  }

  /// The fleets of `fleets.conf`.
  static let fleets: @Sendable ([String], Int, String) -> [String] = { _, _, _ in fleetNames.filter(isHarmless) }

  /// Fleets, hosts that ssh knows, and those of `net-send`'s lists; another host after a comma.
  static let hosts: @Sendable ([String], Int, String) -> [String] = { _, _, prefix in
    (fleetNames + KnownHosts.all() + domains.map(\.description)).filter(isHarmless).map { listed(prefix) + $0 }
  }

  /// Whether a shell takes the text literally.
  static func isHarmless(_ text: String) -> Bool {
    text == Messenger.everyone || CharacterPolicy.shellWord.admits(text)
  }

  /// The list before its last part, with the comma. In zsh the word includes the option before the list.
  private static func listed(_ prefix: String) -> String {
    let list = prefix.hasPrefix("--") ? prefix.drop { $0 != "=" }.dropFirst() : prefix[...]
    return list.lastIndex(of: ",").map { String(list[...$0]) } ?? ""
  }

  private static var fleetNames: [String] { (try? FleetNames.read(in: .process()))?.names.sorted() ?? [] }

  private static var domains: [RemoteHost] {
    (try? DomainList.readIfThere(in: .process()))?.hosts ?? []
  }

  /// Users and session names that a message would reach. Empty if the service can't be asked.
  private static func targets() -> [String] {
    let sessions = (try? Client().sessions())?.filter(\.isGraphical) ?? []
    let names = Set(sessions.map(\.userName)).union(sessions.map(\.name)).sorted()
    return names + [Messenger.everyone]
  }

  /// Windows' switches; hosts after `/SERVER:`.
  private static func switches(_ prefix: String) -> [String] {
    let server = WindowsSwitch.server.written
    guard prefix.uppercased().hasPrefix(server) else {
      return prefix.hasPrefix("/") ? WindowsSwitch.ofMsg.map(\.written) : []
    }
    return hosts([], 0, String(prefix.dropFirst(server.count))).map { prefix.prefix(server.count) + $0 }
  }

  private static func files(_ prefix: Substring) -> [String] {
    let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
    return Surroundings.visibleEntries(of: folder.isEmpty ? "." : folder).map { folder + $0 }
  }
}
