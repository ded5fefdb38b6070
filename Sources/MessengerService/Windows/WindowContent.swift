internal import GBus

/// What a window shows and asks, and the programs that may show it.
struct WindowContent: Sendable, Equatable {
  /// What a window is for.
  enum Kind: Sendable, Equatable {
    /// To read a long text. Each way to close it is the same, and its second button, if it has one, has this label.
    case text(closeLabel: String)
    /// To answer a message with one of some buttons. A further button, if it has one, closes it without an answer.
    case buttons([String], closeLabel: String)
    /// To type an answer. If the text is long, a window with the text comes before, with these labels.
    case entry(answerLabel: String, closeLabel: String)
    /// To choose one of several answers.
    case list([String])
  }

  /// What it is for.
  var kind: Kind
  /// The window's title. It contains none of the sender's words, because everybody on the machine may read it among the
  /// arguments of programs.
  var heading: String
  /// The text that the window shows.
  var text: String
  /// The beginning of the unit's name, unique among the user's units.
  var unit: String
  /// The programs that may show it. The first that can does.
  var programs: [WindowProgram]
  /// The variables that these need in their environment, as `NAME=value`, beyond those of the service manager.
  var environment: [String] = []

  /// Whether it matters what the program prints, and with which status it exits.
  var isAsking: Bool { if case .text = kind { false } else { true } }

  /// What the programs get on standard input: the text if they show it, or the answers to choose from.
  var input: String {
    switch kind {
    case .text, .buttons: text
    case .entry: showsText ? text : ""
    case .list(let answers): answers.joined(separator: "\n")
    }
  }

  /// Whether it shows the text. A question whose text the popup shows as a whole is not repeated.
  var showsText: Bool {
    switch kind {
    case .text, .buttons: true
    case .entry: WholeText.isNeeded(for: text)
    case .list: false
    }
  }

  /// Whether a text can be a token that lets a window come to the front: printable, and short.
  static func isToken(_ text: String) -> Bool {
    (1...256).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }

  /// Gives the program a token that lets its window come to the front (XDG Activation, Startup Notification), if the
  /// text can be one.
  mutating func activate(with token: String) {
    guard Self.isToken(token) else { return }
    environment += ["DESKTOP_STARTUP_ID=\(token)", "XDG_ACTIVATION_TOKEN=\(token)"]
  }

  /// Returns the properties of the unit in which a program shows it (systemd, `StartTransientUnit`). If the window
  /// asks something, `.handle(0)` is the descriptor for the program's output, whose last line is the exit status.
  ///
  /// The start job of a `oneshot` unit ends with its program, and systemd signals that.
  ///
  /// - Parameters:
  ///   - program: the program.
  ///   - lifetime: how long the window may stay if msgd isn't there to close it; `nil` = until the user closes it.
  /// - Returns: the properties as `a(sv)`.
  func properties(of program: WindowProgram, lifetime: Duration?) -> Value {
    var properties = program.properties(for: kind)
    properties["CollectMode"] = .string("inactive-or-failed")
    properties["Description"] = .string(heading)
    properties["Environment"] = .strings(environment + program.environment(for: kind))
    properties["ExecStart"] = Self.commands(program.commands(for: self), of: program.path)
    properties["StandardInput"] = .string("data")
    properties["StandardInputData"] = .array(of: "y", Array((program.plain(input) + "\n").utf8).map(Value.byte))
    properties["Type"] = .string("oneshot")
    if let lifetime { properties["TimeoutStartUSec"] = .uint64(UInt64(max(1, lifetime.seconds) * 1_000_000)) }
    if isAsking {
      properties["ExecStopPost"] = Self.commands([["sh", "-c", #"echo "$EXIT_STATUS""#]], of: "/bin/sh")
      // Warnings would go where the answer does if both were the same kind of output by their names, whatever the
      // descriptor, which overrides `null` (systemd, `can_inherit_stderr_from_stdout`).
      properties["StandardError"] = .string("journal")
      properties["StandardOutput"] = .string("null")
      properties["StandardOutputFileDescriptor"] = .handle(0)
    }
    return .array(
      of: "(sv)", properties.sorted { $0.key < $1.key }.map { .structure([.string($0.key), .variant($0.value)]) })
  }

  /// Returns commands in systemd's form. A single dollar would begin the name of a variable.
  private static func commands(_ commands: [[String]], of path: String) -> Value {
    .array(
      of: "(sasb)",
      commands.map { command in
        .structure([.string(path), .strings(command.map { $0.doubling("$") }), .boolean(false)])
      })
  }
}

/// How a window ended.
enum WindowEnd: Sendable, Equatable {
  /// The user chose a button or an answer, by its number from 0 on; 0 as well if the window is only to read.
  case chosen(Int)
  /// The user typed an answer.
  case typed(Answer)
  /// The user closed it without a button, or the program can't say whether it opened.
  case closed
  /// It could not be opened, or was ended by others, for this reason.
  case failed(String)
}
