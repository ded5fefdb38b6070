internal import GBus
internal import Glibc

/// A program that shows a text from its standard input in a window, and whose exit status says whether it could.
struct TextViewer: Sendable, Equatable {
  /// The known programs, in order of preference.
  enum Program: String, CaseIterable {
    case zenity, kdialog, xmessage
  }

  let program: Program
  /// The path of the installed program.
  let path: String

  /// Returns the programs that are installed in some folders and can open a window in a session, best first. On Plasma
  /// its own program is the best.
  static func installed(in folders: [String], for environment: SessionEnvironment) -> [TextViewer] {
    let usable = Program.allCases.filter { environment.hasX11 || environment.hasWayland && $0 != .xmessage }
    let own = environment.isPlasma ? usable.filter { $0 == .kdialog } : []
    return (own + usable.filter { !own.contains($0) }).compactMap { program in
      let paths = folders.filter { $0.hasPrefix("/") }.map { "\($0)/\(program.rawValue)" }
      return paths.first(where: isForUsers).map { TextViewer(program: program, path: $0) }
    }
  }

  /// Whether a path is a program that users may start. msgd itself may start none (`NoExecPaths=`), so access(2) would
  /// always say no.
  private static func isForUsers(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_mode & S_IXOTH != 0
  }

  /// The translations that make a text scroll with the wheel. Without them only keys and the scroll bar do.
  private static let wheel =
    "*Text.translations: #override"
    + #"\n<Btn4Down>: scroll-one-line-down()scroll-one-line-down()scroll-one-line-down()"#
    + #"\n<Btn5Down>: scroll-one-line-up()scroll-one-line-up()scroll-one-line-up()"#

  /// Returns the program's name and arguments.
  func command(title: String, closeLabel: String) -> [String] {
    switch program {
    // It has two buttons, of which one would say Cancel, although there is nothing to cancel.
    case .zenity:
      [
        "zenity", "--text-info", "--title=" + title, "--cancel-label=" + closeLabel, "--width=600", "--height=400",
      ]
    case .kdialog: ["kdialog", "--title", title, "--textbox", "-", "600", "400"]
    // Without these resources it treats every byte as a character, cuts off what is right of the window, and ignores
    // the wheel.
    case .xmessage:
      [
        "xmessage", "-title", title, "-buttons", "OK:0", "-default", "OK", "-center", "-geometry", "600x400",
        "-xrm", "*international: true", "-xrm", "*Text.wrap: word", "-xrm", Self.wheel, "-file", "-",
      ]
    }
  }

  /// Whether a failure can also mean that the user closed the window in another way than by its button.
  var failsWhenClosed: Bool { program == .xmessage }

  /// The variables that it needs in its environment, as `NAME=value`. With them both of zenity's buttons mean success.
  /// The charset is for locales that aren't generated: GLib then takes arguments for ASCII, and zenity refuses others.
  var environment: [String] {
    program == .zenity ? ["CHARSET=UTF-8", "ZENITY_CANCEL=0", "ZENITY_ESC=0"] : []
  }

  /// Properties of a systemd service that turn every way to close the window into a success, so that only a window that
  /// didn't open is a failure. kdialog without a display crashes, as Qt does. xmessage always exits with 1, so its
  /// failures can't be distinguished.
  var properties: [String: Value] {
    switch program {
    case .kdialog:
      ["SuccessExitStatus": .structure([.array(of: "i", [.int32(0), .int32(1)]), .array(of: "i", [])])]
    case .zenity, .xmessage: [:]
    }
  }
}
