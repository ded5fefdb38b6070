/// The valid shapes of sessions' names. Users and their programs can give logind any text: as a display
/// (org.freedesktop.login1(5), `SetDisplay`), and as a terminal through PAM. A text of another shape doesn't count as a
/// name, so that no session can have another user's name.
enum SessionNameShape {
  /// The name of the session that the first seat shows.
  static let console = "console"

  /// Whether a text has the shape of a terminal's name: `tty2`, `ttyUSB0`, `hvc0`, `pts/7`.
  static func isTerminal(_ text: String) -> Bool {
    if let number = rest(of: text, after: "pts/") ?? rest(of: text, after: "hvc") { return isNumber(number) }
    guard let device = rest(of: text, after: "tty") else { return false }
    return isNumber(device.drop { letters.contains($0) })
  }

  /// Whether a text has the shape of a display's name: `:0`, `:0.1`, `wayland-1`.
  static func isDisplay(_ text: String) -> Bool {
    if let number = rest(of: text, after: "wayland-") { return isNumber(number) }
    guard let display = rest(of: text, after: ":") else { return false }
    let numbers = display.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    return numbers.allSatisfy(isNumber)
  }

  /// Whether a text has the shape of a seat's name, which logind ensures: `seat0`, `seat-usb-1`.
  static func isSeat(_ text: String) -> Bool {
    guard let seat = rest(of: text, after: "seat"), !seat.isEmpty else { return false }
    return seat.allSatisfy { letters.contains($0) || digits.contains($0) || "-_".utf8.contains($0) }
  }

  /// Whether a text has the shape of a session's id: `2`, `c1`.
  static func isID(_ text: String) -> Bool { isNumber(rest(of: text, after: "c") ?? text[...].utf8) }

  /// Whether a word may be a session's name or id, for the resolver and for a reader who knows no session.
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
