/// The environment of a user's session, as far as popups depend on it: that of the user's service manager, into which
/// desktops put what programs need (systemd, `org.freedesktop.systemd1.Manager`, `Environment`), or where a session has
/// a bus of its own, which no service manager is on, that of its programs.
struct SessionEnvironment: Sendable, Equatable {
  /// The variables that are looked at; the rest is the user's, and can be long.
  static let known = [
    "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "LANGUAGE", "LANG", "LC_ALL", "LC_MESSAGES", "WAYLAND_DISPLAY", "XAUTHORITY",
    "XDG_CURRENT_DESKTOP",
  ]

  private var variables: [String: String] = [:]

  /// Takes variables as `NAME=value`.
  init(_ assignments: [String]) {
    for assignment in assignments {
      let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, Self.known.contains(String(parts[0])), !parts[1].isEmpty else { continue }
      variables[String(parts[0])] = String(parts[1])
    }
  }

  /// Takes those of a program that are not longer than so many bytes.
  init(_ block: EnvironmentBlock, atMost length: Int) {
    for name in Self.known {
      if let value = block.text(of: name, atMost: length), !value.isEmpty { variables[name] = value }
    }
  }

  /// The languages that the user reads, best first, as gettext names and chooses them ("Locale Names" and "The LANGUAGE
  /// variable" in its manual). Empty stands for English.
  var languages: [String] {
    let locale = variables["LC_ALL"] ?? variables["LC_MESSAGES"] ?? variables["LANG"] ?? "C"
    guard !["C", "POSIX"].contains(Self.name(of: locale)) else { return [] }
    let list = variables["LANGUAGE"]?.split(separator: ":").prefix(Self.mostLanguages).map(String.init) ?? []
    return (list + [locale]).map(Self.name)
  }

  /// The variables as `NAME=value`, for a program that is to be in the session.
  var assignments: [String] { variables.map { "\($0)=\($1)" }.sorted() }

  /// Whether programs find an X server.
  var hasX11: Bool { variables["DISPLAY"] != nil }

  /// Whether programs find a Wayland compositor.
  var hasWayland: Bool { variables["WAYLAND_DISPLAY"] != nil }

  /// Whether it is a desktop of KDE's (Desktop Entry Specification, "OnlyShowIn").
  var isPlasma: Bool { variables["XDG_CURRENT_DESKTOP"]?.split(separator: ":").contains("KDE") ?? false }

  private static let mostLanguages = 8

  /// `pt_BR` of `pt_BR.UTF-8@abroad`.
  private static func name(of locale: String) -> String { String(locale.prefix { $0 != "." && $0 != "@" }) }
}
