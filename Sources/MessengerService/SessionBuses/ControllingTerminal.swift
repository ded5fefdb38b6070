/// The terminal that controls a process, by the process's state as the kernel prints it (proc(5), `/proc/pid/stat`).
enum ControllingTerminal {
  /// The field `tty_nr`, counted from the first one behind the program's name. The name may contain anything.
  private static let field = 4
  /// The major numbers of pseudo-terminals, and of consoles and serial lines (the kernel's "Linux allocated devices").
  private static let (pseudo, console): (UInt32, UInt32) = (136, 4)
  /// Serial lines follow these consoles.
  private static let consoles: UInt32 = 64

  /// Returns the terminal's name, such as `pts/7`; `nil` if there is none, or none that a user logs in on.
  static func name(in state: ArraySlice<UInt8>) -> String? {
    guard let end = state.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = state[end...].dropFirst().split(separator: UInt8(ascii: " "))
    guard fields.count > field, let signed = Int32(String(decoding: fields[field], as: UTF8.self)) else { return nil }
    let number = UInt32(bitPattern: signed)
    let (major, minor) = (number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xFFF00)
    switch major {
    case pseudo: return "pts/\(minor)"
    case console where minor > 0 && minor < consoles: return "tty\(minor)"
    case console where minor >= consoles: return "ttyS\(minor - consoles)"
    default: return nil
    }
  }
}
