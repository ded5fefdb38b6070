internal import GBus
internal import Glibc

/// A program that shows a text from its standard input in a window, and says by its exit status whether it could.
struct TextViewer: Sendable, Equatable {
  /// The programs that are known, in order of preference.
  enum Program: String, CaseIterable {
    case zenity, kdialog, xmessage
  }

  let program: Program
  /// Where it is installed.
  let path: String

  /// The programs that are installed in some folders and can be seen in a session: the best first, which on Plasma is
  /// its own.
  static func installed(in folders: [String], for environment: SessionEnvironment) -> [TextViewer] {
    let usable = Program.allCases.filter { environment.hasX11 || environment.hasWayland && $0 != .xmessage }
    let own = environment.isPlasma ? usable.filter { $0 == .kdialog } : []
    return (own + usable.filter { !own.contains($0) }).compactMap { program in
      let paths = folders.filter { $0.hasPrefix("/") }.map { "\($0)/\(program.rawValue)" }
      return paths.first(where: isForUsers).map { TextViewer(program: program, path: $0) }
    }
  }

  /// Whether there is a program that users may start. msgd itself may start none (`NoExecPaths=`), so that access(2)
  /// would say no.
  private static func isForUsers(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_mode & S_IXOTH != 0
  }

  /// What turns of the wheel do to a text, which only scrolls by keys and the scroll bar otherwise.
  private static let wheel =
    "*Text.translations: #override"
    + #"\n<Btn4Down>: scroll-one-line-down()scroll-one-line-down()scroll-one-line-down()"#
    + #"\n<Btn5Down>: scroll-one-line-up()scroll-one-line-up()scroll-one-line-up()"#

  /// Its name and its arguments.
  func command(title: String, closeLabel: String) -> [String] {
    switch program {
    // It has two buttons, of which one says Cancel: but there is nothing to cancel.
    case .zenity:
      [
        "zenity", "--text-info", "--title=" + title, "--cancel-label=" + closeLabel, "--width=600", "--height=400",
      ]
    case .kdialog: ["kdialog", "--title", title, "--textbox", "-", "600", "400"]
    // Without these resources it takes every byte for a character, leaves out what is right of the window, and knows no
    // wheel.
    case .xmessage:
      [
        "xmessage", "-title", title, "-buttons", "OK:0", "-default", "OK", "-center", "-geometry", "600x400",
        "-xrm", "*international: true", "-xrm", "*Text.wrap: word", "-xrm", Self.wheel, "-file", "-",
      ]
    }
  }

  /// Whether a failure can also mean that the user closed the window, otherwise than by its button.
  var failsWhenClosed: Bool { program == .xmessage }

  /// What it needs in its environment, as `NAME=value`. zenity's buttons are both a success then; and the charset is
  /// for locales that aren't generated: GLib takes arguments for ASCII then, and zenity refuses others.
  var environment: [String] {
    program == .zenity ? ["CHARSET=UTF-8", "ZENITY_CANCEL=0", "ZENITY_ESC=0"] : []
  }

  /// Properties of a systemd service that make every way to close the window a success, so that only a window that did
  /// not open is a failure. kdialog without a display crashes, as Qt does; xmessage always exits with 1, and can't be
  /// told.
  var properties: [String: Value] {
    switch program {
    case .kdialog:
      ["SuccessExitStatus": .structure([.array(of: "i", [.int32(0), .int32(1)]), .array(of: "i", [])])]
    case .zenity, .xmessage: [:]
    }
  }
}
