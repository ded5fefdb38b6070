internal import GBus
internal import Glibc

/// A program that shows a text from its standard input in a window, and whose exit status says whether it could.
struct WindowProgram: Sendable, Equatable {
  /// The known programs, in order of preference.
  enum Name: String, CaseIterable {
    case zenity, kdialog, xmessage
  }

  let name: Name
  /// The path of the installed program.
  let path: String

  /// Returns the programs that are installed in some folders and can open a window in a session, best first. On Plasma
  /// its own program is the best.
  static func installed(in folders: [String], for environment: SessionEnvironment) -> [WindowProgram] {
    let usable = Name.allCases.filter { environment.hasX11 || environment.hasWayland && $0 != .xmessage }
    let own = environment.isPlasma ? usable.filter { $0 == .kdialog } : []
    return (own + usable.filter { !own.contains($0) }).compactMap { program in
      let paths = folders.filter { $0.hasPrefix("/") }.map { "\($0)/\(program.rawValue)" }
      return paths.first(where: isForUsers).map { WindowProgram(name: program, path: $0) }
    }
  }

  /// Returns those of some programs that can ask a question, best first. xmessage has no field for text. For a list,
  /// zenity comes first, because it reads the answers from standard input.
  static func ableToAsk(_ question: Question, among programs: [WindowProgram]) -> [WindowProgram] {
    let able = programs.filter { $0.name != .xmessage }
    guard case .choice = question else { return able }
    return able.filter { $0.name == .zenity } + able.filter { $0.name != .zenity }
  }

  /// Whether a path is a program that users may start. msgd itself may start none (`NoExecPaths=`), so access(2) would
  /// always say no.
  private static func isForUsers(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_mode & S_IXOTH != 0
  }

  /// The variables that it needs in its environment, as `NAME=value`. With them both of zenity's buttons for a text
  /// mean success, and a window that was closed without an answer isn't taken for one that could not be opened. The
  /// charset is for locales that aren't generated: GLib then takes arguments for ASCII, and zenity refuses others.
  func environment(for kind: WindowContent.Kind) -> [String] {
    guard name == .zenity else { return [] }
    let closed = if case .text = kind { "0" } else { Self.zenityClosed }
    return ["CHARSET=UTF-8", "ZENITY_CANCEL=\(closed)", "ZENITY_ESC=\(closed)"]
      + (closed == "0" ? [] : ["ZENITY_EXTRA=\(closed)"])
  }

  /// Properties of a systemd service that turn every way to close the window into a success, so that only a window that
  /// didn't open is a failure. kdialog without a display crashes, as Qt does. xmessage always exits with 1, so its
  /// failures can't be distinguished.
  func properties(for kind: WindowContent.Kind) -> [String: Value] {
    let closed: [Int32]
    switch (name, kind) {
    case (.kdialog, .text): closed = [0, 1]
    case (.zenity, .buttons), (.zenity, .list): closed = [0, Int32(Self.zenityClosed) ?? 0]
    case (.xmessage, .buttons(let labels, _)): closed = [0, 1] + labels.indices.map { Self.xmessageButton + Int32($0) }
    // The second window of an entry or of kdialog's buttons must not follow one that was closed.
    case (.kdialog, _), (.zenity, _), (.xmessage, _): return [:]
    }
    return ["SuccessExitStatus": .structure([.array(of: "i", closed.map(Value.int32)), .array(of: "i", [])])]
  }

  /// The exit status of zenity if the window was closed, or a further button was chosen, which it prints.
  static let zenityClosed = "10"
  /// The exit status of xmessage for the first button.
  static let xmessageButton: Int32 = 11

  // MARK: Ends

  /// Returns how a window ended whose program has ended by itself and was not asked for an answer.
  ///
  /// - Parameters:
  ///   - hasFailed: whether the unit failed.
  ///   - mayBeClosed: whether a failure may mean that the window was closed.
  /// - Returns: the end; `nil` if the window did not open.
  func end(hasFailed: Bool, mayBeClosed: Bool) -> WindowEnd? {
    guard hasFailed else { return .chosen(0) }
    return mayBeClosed && name == .xmessage ? .closed : nil
  }

  /// Returns how a window ended that asks something.
  ///
  /// - Parameters:
  ///   - kind: what the window asks.
  ///   - output: what the program printed; its last line is the exit status.
  ///   - mayBeClosed: whether a failure may mean that the window was closed.
  /// - Returns: the end; `nil` if the window did not open.
  func end(of kind: WindowContent.Kind, output: [UInt8], mayBeClosed: Bool) -> WindowEnd? {
    // Not by characters, of which "\r\n" is one.
    var lines = output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    if lines.last?.isEmpty == true { lines.removeLast() }
    let status = lines.popLast() ?? ""
    let text = lines.last ?? ""
    switch kind {
    case .text: return nil
    case .buttons(let labels, _): return end(of: labels, status: status, text: text, mayBeClosed: mayBeClosed)
    case .entry: return entryEnd(status: status, text: lines.joined(separator: "\n"))
    case .list(let answers): return listEnd(of: answers, status: status, text: text)
    }
  }

  /// Returns how a window to type in ended. An empty answer is one.
  private func entryEnd(status: String, text: String) -> WindowEnd? {
    switch (name, status) {
    case (.zenity, "0"), (.kdialog, "0"): .typed(Answer(text))
    case (.zenity, Self.zenityClosed), (.kdialog, "1"): .closed
    default: nil
    }
  }

  /// Returns how a list ended. zenity prints the chosen answer, and nothing if none was chosen; kdialog its number.
  private func listEnd(of answers: [String], status: String, text: String) -> WindowEnd? {
    switch (name, status) {
    case (.zenity, "0") where text.isEmpty: .closed
    case (.zenity, "0"): answers.firstIndex(of: text).map(WindowEnd.chosen)
    case (.kdialog, "0"): Int(text).flatMap { answers.indices.contains($0) ? .chosen($0) : nil }
    case (.zenity, Self.zenityClosed), (.kdialog, "1"): .closed
    default: nil
    }
  }

  private func end(of labels: [String], status: String, text: String, mayBeClosed: Bool) -> WindowEnd? {
    switch (name, status) {
    case (.zenity, "0"): return .chosen(0)
    case (.zenity, Self.zenityClosed):
      return Self.zenityLabels(labels).firstIndex(of: text).map(WindowEnd.chosen) ?? .closed
    // A list of buttons prints the chosen one's number.
    case (.kdialog, "0"):
      guard labels.count > 1 else { return .chosen(0) }
      return Int(text).flatMap { labels.indices.contains($0) ? .chosen($0) : nil }
    case (.kdialog, "1"): return .closed
    case (.xmessage, "1"): return mayBeClosed ? .closed : nil
    case (.xmessage, _):
      let number = Int32(status).map { Int($0) - Int(Self.xmessageButton) }
      return number.flatMap { labels.indices.contains($0) ? .chosen($0) : nil }
    default: return nil
    }
  }
}
