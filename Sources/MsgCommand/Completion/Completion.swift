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

  /// Names for `net-send`: users, sessions, and the hosts of its lists; lists and fleets after `/DOMAIN:`.
  static let names: @Sendable ([String], Int, String) -> [String] = { _, _, prefix in
    names(prefix, in: .process()) { targets() }
  }

  /// The fleets of `fleets.conf`, and the machines that it names.
  static let fleets: @Sendable ([String], Int, String) -> [String] = { _, _, prefix in
    fleets(prefix, in: .process()).filter(isHarmless)
  }

  /// Fleets, hosts that ssh knows, and those of `net-send`'s lists; another host after a comma.
  static let hosts: @Sendable ([String], Int, String) -> [String] = { _, _, prefix in
    hosts(prefix, in: .process())
  }

  static func names(_ prefix: String, in surroundings: Surroundings, _ targets: () -> [String]) -> [String] {
    let domain = "/DOMAIN:"
    let lists = try? DomainList.readIfThere(in: surroundings)
    guard prefix.uppercased().hasPrefix(domain) else {
      return (targets() + (lists?.hosts ?? []).map(\.description) + ["/DOMAIN", "/USERS"]).filter(isHarmless)
    }
    // A list is found in any case, and a fleet comes before a list of its name.
    let names = Set(fleetNames(in: surroundings)).union(lists?.names ?? [])
    return names.sorted().filter(isHarmless).map { prefix.prefix(domain.count) + $0 }
  }

  static func hosts(_ prefix: String, in surroundings: Surroundings) -> [String] {
    let before = listed(prefix)
    let last = list(prefix).dropFirst(before.count)
    let fleets = fleets(String(last), in: surroundings)
    let domains = (try? DomainList.readIfThere(in: surroundings))?.hosts ?? []
    let hosts = last.contains("/") ? [] : KnownHosts.all() + domains.map(\.description)
    return (fleets + hosts).filter(isHarmless).map { before + $0 }
  }

  /// The fleets; after `office/`, the machines that `fleets.conf` names. Nobody else is asked for them.
  private static func fleets(_ prefix: String, in surroundings: Surroundings) -> [String] {
    guard let slash = prefix.firstIndex(of: "/") else { return fleetNames(in: surroundings) }
    let fleet = FleetTarget(fleet: String(prefix[..<slash]))
    return FleetNames.machines(of: fleet.fleet, in: surroundings).map(fleet.name)
  }

  /// Whether a shell takes the text literally.
  static func isHarmless(_ text: String) -> Bool {
    text == Messenger.everyone || CharacterPolicy.shellWord.admits(text)
  }

  /// The list before its last part, with the comma.
  private static func listed(_ prefix: String) -> String {
    let list = Self.list(prefix)
    return list.lastIndex(of: ",").map { String(list[...$0]) } ?? ""
  }

  /// The list. In zsh the word includes the option before it.
  private static func list(_ prefix: String) -> Substring {
    prefix.hasPrefix("--") ? prefix.drop { $0 != "=" }.dropFirst() : prefix[...]
  }

  private static func fleetNames(in surroundings: Surroundings) -> [String] {
    (try? FleetNames.read(in: surroundings))?.names.sorted() ?? []
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
