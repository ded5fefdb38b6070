import Glibc

/// The hosts that ssh knows by name (ssh_config(5), sshd(8) "SSH_KNOWN_HOSTS FILE FORMAT").
enum KnownHosts {
  private static let maximumSize = 1 << 20

  /// The hosts in the user's and the machine's files, without patterns and hashed names.
  static func all() -> [String] {
    let home = getenv("HOME").map { String(cString: $0) } ?? ""
    let known = ["\(home)/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"].flatMap { names(inKnownHosts: content($0)) }
    let configured = ["\(home)/.ssh/config", "/etc/ssh/ssh_config"].flatMap { names(inConfiguration: content($0)) }
    return Set(known + configured).sorted()
  }

  /// The names in the first field of each line. Commas separate them. `|1|…`, `@marker` lines, `[host]:port` and
  /// patterns are left out.
  static func names(inKnownHosts text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).flatMap { line in
      line.split(separator: " ").first?.split(separator: ",").map(String.init).filter(isName) ?? []
    }
  }

  /// The names after `Host`.
  static func names(inConfiguration text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).flatMap { line -> [String] in
      let words = line.split { $0.isWhitespace || $0 == "=" }
      guard words.first?.lowercased() == "host" else { return [] }
      return words.dropFirst().map(String.init).filter(isName)
    }
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && !text.contains { "|@[]*?!#\"".contains($0) }
  }

  private static func content(_ path: String) -> String {
    String(decoding: (try? Surroundings.readFile(path, limit: maximumSize)) ?? [], as: UTF8.self)
  }
}
