/// The shapes that names of sessions have. Users and their programs tell logind what they like: of a display anything
/// (org.freedesktop.login1(5), `SetDisplay`), of a terminal what PAM was told. What has another shape is no name, so
/// that no session goes by the name of another user.
enum SessionNameShape {
  /// Whoever is at the first seat goes by this name, and no other session.
  static let console = "console"

  /// Whether a terminal's name looks like one: `tty2`, `ttyUSB0`, `hvc0`, `pts/7`.
  static func isTerminal(_ text: String) -> Bool {
    if let number = rest(of: text, after: "pts/") ?? rest(of: text, after: "hvc") { return isNumber(number) }
    guard let device = rest(of: text, after: "tty") else { return false }
    return isNumber(device.drop { letters.contains($0) })
  }

  /// Whether a display's name looks like one: `:0`, `:0.1`, `wayland-1`.
  static func isDisplay(_ text: String) -> Bool {
    if let number = rest(of: text, after: "wayland-") { return isNumber(number) }
    guard let display = rest(of: text, after: ":") else { return false }
    let numbers = display.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    return numbers.allSatisfy(isNumber)
  }

  /// Whether a seat's name looks like one, as logind makes sure of: `seat0`, `seat-usb-1`.
  static func isSeat(_ text: String) -> Bool {
    guard let seat = rest(of: text, after: "seat"), !seat.isEmpty else { return false }
    return seat.allSatisfy { letters.contains($0) || digits.contains($0) || "-_".utf8.contains($0) }
  }

  /// Whether a session's id looks like one of logind's: `2`, `c1`.
  static func isID(_ text: String) -> Bool { isNumber(rest(of: text, after: "c") ?? text[...].utf8) }

  /// Whether a word may be a session's name or id: in the resolver's eyes, or those of a reader who knows no session.
  static func isSession(_ word: String) -> Bool {
    let name = word.lowercased()
    return name == console || isTerminal(name) || isDisplay(name) || isSeat(name) || isID(word)
  }

  private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
  private static let letters = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  private static func rest(of text: String, after beginning: String) -> Substring.UTF8View? {
    text.hasPrefix(beginning) ? text.dropFirst(beginning.count).utf8 : nil
  }

  private static func isNumber(_ text: Substring.UTF8View) -> Bool {
    !text.isEmpty && text.allSatisfy { digits.contains($0) }
  }
}
