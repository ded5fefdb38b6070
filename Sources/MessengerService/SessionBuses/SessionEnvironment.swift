/// The part of a session's environment that popups depend on. It comes from the user's service manager, to which
/// desktops report what programs need (systemd, `org.freedesktop.systemd1.Manager`, `Environment`). In a session with a
/// bus of its own and no service manager on it, it comes from the programs.
struct SessionEnvironment: Sendable, Equatable {
  /// The variables that are used. The rest is the user's, and can be long.
  static let known = [
    "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "LANGUAGE", "LANG", "LC_ALL", "LC_MESSAGES", "WAYLAND_DISPLAY", "XAUTHORITY",
    "XDG_CURRENT_DESKTOP",
  ]

  private var variables: [String: String] = [:]

  /// Takes variables in the form `NAME=value`.
  init(_ assignments: [String]) {
    for assignment in assignments {
      let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, Self.known.contains(String(parts[0])), !parts[1].isEmpty else { continue }
      variables[String(parts[0])] = String(parts[1])
    }
  }

  /// Takes those of a program's variables that are not longer than a number of bytes.
  init(_ block: EnvironmentBlock, atMost length: Int) {
    for name in Self.known {
      if let value = block.text(of: name, atMost: length), !value.isEmpty { variables[name] = value }
    }
  }

  /// The languages that the user reads, best first, as gettext names and chooses them ("Locale Names" and "The LANGUAGE
  /// variable" in its manual). Empty means English.
  var languages: [String] {
    let locale = variables["LC_ALL"] ?? variables["LC_MESSAGES"] ?? variables["LANG"] ?? "C"
    guard !["C", "POSIX"].contains(Self.name(of: locale)) else { return [] }
    let list = variables["LANGUAGE"]?.split(separator: ":").prefix(Self.mostLanguages).map(String.init) ?? []
    return (list + [locale]).map(Self.name)
  }

  /// The variables in the form `NAME=value`, for a program that is started in the session.
  var assignments: [String] { variables.map { "\($0)=\($1)" }.sorted() }

  /// Whether programs can reach an X server.
  var hasX11: Bool { variables["DISPLAY"] != nil }

  /// Whether programs can reach a display.
  var hasDisplay: Bool { hasX11 || hasWayland }

  /// Whether programs can reach a Wayland compositor.
  var hasWayland: Bool { variables["WAYLAND_DISPLAY"] != nil }

  /// Whether the desktop is KDE's (Desktop Entry Specification, "OnlyShowIn").
  var isPlasma: Bool { variables["XDG_CURRENT_DESKTOP"]?.split(separator: ":").contains("KDE") ?? false }

  private static let mostLanguages = 8

  /// Returns a locale without its charset and modifier, such as `pt_BR` for `pt_BR.UTF-8@abroad`.
  private static func name(of locale: String) -> String { String(locale.prefix { $0 != "." && $0 != "@" }) }
}
