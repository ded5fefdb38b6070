import ArgumentParser
import MessengerClient
import MessengerContract

/// The options and arguments of `msg`, as ArgumentParser reads them from ``CommandLineParts/normalized``.
struct MsgOptions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "msg",
    abstract: "Show a message on the desktops of logged-in users.",
    usage: """
      msg {user | session name | session id | @file | '*'}
          [/SERVER:host] [/TIME:seconds] [/V] [/W] [message]
      msg --sessions [user | session name | session id] [/SERVER:host]
      msg --update id [/SERVER:host] [/TIME:seconds] [message]
      msg --withdraw id [/SERVER:host]
      msg --machines [fleet | fleet/machine]
      msg --held [/SERVER:host]
      msg {--mute | --unmute | --mute-status} [/SERVER:host]
      msg --doctor [/SERVER:host]
      """,
    discussion: """
      /SERVER:host, /TERMINALS, /TIME:seconds, /V, /W and /? stand for --server, --terminals, --time, --verbose, \
      --wait and --help: with / or -, in capitals or not, before the recipient or after it. The message takes every \
      word from its first one on. -- ends the options. Write a message that begins with - or / after --, or with a \
      backslash before it: '\\-5 degrees'. Without a message, msg reads it from standard input, with its line breaks.

      Exit status: 0 all reached (with /W: all acknowledged), 1 some not reached (with --doctor: something is \
      wrong), 3 all reached but, with /W, not acknowledged by all, 64 wrong usage and nothing sent, 67 no such \
      recipient, 69 the service, the bus, logind or the host can't be reached, 70 internal error, 74 the output \
      can't be written, 77 not allowed, 130 Ctrl-C ended the waiting. See msg(1).
      """,
    version: "msg \(Messenger.version)")

  @Argument(
    help: """
      A user (all of that user's sessions), a session's name such as tty2, :0 or console, or its id; the prefixes \
      user:, session:, id: and group: say which is meant. al* is everyone whose name matches. @file names a file with \
      recipients, @- is standard input. '*', in quotes because the shell expands a bare one, is everyone. Commas \
      separate several.
      """,
    completion: .custom(Completion.recipients))
  var recipient: String?

  @Argument(help: "The message; its words are joined by single spaces.", completion: .custom(Completion.message))
  var message: [String] = []

  @OptionGroup var machines: MachineOptions

  @Option(
    help: ArgumentHelp(
      "How long the message is shown; 0 = until it is answered. (default: \(Messenger.defaultTimeout))",
      valueName: "seconds"),
    transform: Self.seconds)
  var time: UInt32?

  @Flag(help: "Report what is done, session by session.")
  var verbose = false

  @Flag(help: "Wait until every recipient has answered, or the time is over.")
  var wait = false

  @Flag(help: "Send to everyone. Stands in place of a recipient.")
  var all = false

  @Option(
    help: ArgumentHelp(
      """
      The popup's title. The sender's name stands before it, unless the sender is root. Empty for none. (default: \
      Message from USER HH:MM:SS)
      """, valueName: "text"))
  var title: String?

  @Option(
    help: ArgumentHelp("The popup's icon: a name from the icon theme, not a file.", valueName: "name"),
    transform: Self.icon)
  var icon: String?

  @Option(
    help:
      "The popup's urgency: low, normal or critical. Most desktops keep only critical popups up for the whole time.",
    completion: .list(Urgency.allCases.map(\.rawValue)), transform: Self.urgency)
  var urgency: Urgency?

  @Option(
    help: ArgumentHelp(
      "A button instead of OK, and the word to print if it is chosen; up to \(ReplyRules.most). Implies --wait.",
      valueName: "key=label"),
    transform: Self.reply)
  var reply: [Reply] = []

  @Option(
    help: ArgumentHelp(
      """
      Ask for an answer in words, and print it. The placeholder, which an empty field shows on KDE Plasma, follows \
      after = only: --ask or --ask='Room?'. Implies --wait.
      """, valueName: "placeholder"))
  var ask: String?

  @Option(
    help: ArgumentHelp(
      """
      One of the answers to choose from, and the text to print if it is chosen; up to \(AnswerRules.mostChoices) of \
      \(AnswerRules.choiceLength) characters. Implies --wait.
      """, valueName: "answer"))
  var choose: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      Show how much of something is done: 0 to 100 percent. - reads it from standard input until its end: lines that \
      are a number or end in one with %.
      """, valueName: "percent"),
    transform: Progress.init)
  var progress: Progress?

  @Option(
    help: ArgumentHelp(
      """
      Buttons that put the message off, such as 10m,1h: it comes again after that time. With OK or the replies, a \
      popup has at most \(ReplyRules.most) buttons.
      """, valueName: "times"),
    transform: LaterTimes.init)
  var later: LaterTimes?

  @Option(
    help: ArgumentHelp(
      """
      The end of putting off: the next 18:00 of your clock, or a duration such as 8h; a week at most. A time of \
      --later that would go beyond it gets no button. (default: 24h)
      """,
      valueName: "time"),
    transform: EndOfPuttingOff.init)
  var until: EndOfPuttingOff?

  @Option(
    help: ArgumentHelp(
      """
      Show a window instead of a popup: always, which --window alone means; fallback, when the desktop keeps the popup \
      back, for root and whoever may message everyone; never, not even on a desktop without popups. It follows after \
      = only.
      """, valueName: "when"),
    completion: .list(WindowUse.allCases.map(\.rawValue)), transform: Self.window)
  var window: WindowUse?

  @Option(
    help: ArgumentHelp(
      """
      Hold the message for users who aren't at a desktop, or don't want to be disturbed: for a duration such as 8h, or \
      until 18:00; 30d at most. Recipients are users, groups or everyone who comes.
      """,
      valueName: "time"),
    transform: HoldTime.init)
  var hold: HoldTime?

  @Option(
    help: ArgumentHelp(
      """
      Write the message on terminals: too, which --terminals alone means, to whoever is on no desktop; only, not on \
      desktops; no. It follows after = only. As with wall, nobody can answer there, and mesg n keeps all but root's \
      away.
      """, valueName: "when"),
    completion: .list(TerminalUse.allCases.map(\.rawValue)), transform: Self.terminals)
  var terminals: TerminalUse?

  @Flag(help: "Print one JSON object per recipient or session, each on a line, and nothing else.")
  var json = false

  @Flag(help: "Print the message's id, for --update and --withdraw.")
  var printId = false

  @Flag(help: "Print nothing about recipients, nor their answers. The exit status reports them.")
  var quiet = false

  @Flag(help: "Do not ask for a password. A message that needs one is refused.")
  var noAskPassword = false

  @Flag(help: "List sessions instead of sending; with a recipient, only those of that user, name or id.")
  var sessions = false

  @Option(
    help: ArgumentHelp(
      """
      Change the message with that id where it stands: its text and, with these options, title, icon, time, progress. \
      --again shows it anew.
      """, valueName: "id"), transform: Self.id)
  var update: UInt64?

  @Flag(help: "With --update: show the message again to those who have answered it, or whose time is over.")
  var again = false

  @Option(
    help: ArgumentHelp("Withdraw the message with that id: close its popups.", valueName: "id"),
    transform: MessageName.init)
  var withdraw: MessageName?

  @Option(
    name: .customLong("machines"),
    help: ArgumentHelp(
      """
      List the machines of a fleet, or one of them: names, whether they are online and since when, their agents' \
      versions. Without a fleet, list the fleets.
      """,
      valueName: "fleet"),
    completion: .custom(Completion.fleets))
  var inventory: String?

  @Flag(help: "List the messages that are held: your own, and everybody's for root and whoever may manage them.")
  var held = false

  @Flag(help: "Refuse messages, like mesg n: only root's and your own are shown. Senders are told.")
  var mute = false

  @Flag(help: "Accept messages again, like mesg y.")
  var unmute = false

  @Flag(help: "Print muted or not muted.")
  var muteStatus = false

  @Flag(help: "Check every part that a message passes, and say what is wrong and how to fix it. Nothing is sent.")
  var doctor = false
}

extension MsgOptions {
  /// Makes sure that the line asks for one action at most, without options that have no meaning beside it.
  ///
  /// - Throws: an ``InputError`` that names two options.
  func checkActs() throws {
    let acts = Self.given([
      ("--doctor", doctor), ("--mute", mute), ("--unmute", unmute), ("--mute-status", muteStatus),
      ("--withdraw", withdraw != nil), ("--machines", inventory != nil), ("--sessions", sessions),
      ("--held", held), ("--update", update != nil),
    ])
    let meaningless = Self.given([
      ("--all", !sessions && all), ("--json", !sessions && !doctor && !held && inventory == nil && json),
      ("--progress", update == nil && progress != nil), ("--title", update == nil && title != nil),
      ("--icon", update == nil && icon != nil), ("--wait", update != nil && wait), ("--reply", !reply.isEmpty),
      ("--ask", ask != nil), ("--choose", !choose.isEmpty), ("--urgency", urgency != nil), ("--print-id", printId),
      ("--later", later != nil), ("--until", until != nil), ("--window", window != nil), ("--hold", hold != nil),
      ("--terminals", terminals != nil),
    ])
    guard update != nil || !again else { throw InputError.usage("--again needs --update and a message's id") }
    guard let act = acts.first, let other = (acts.dropFirst() + meaningless).first else { return }
    throw InputError.usage("\(act) and \(other) can't be combined")
  }

  private static func given(_ options: [(name: String, isGiven: Bool)]) -> [String] {
    options.filter(\.isGiven).map(\.name)
  }

  private static func seconds(_ text: String) throws -> UInt32 {
    guard let seconds = seconds(in: text[...]) else {
      throw ValidationError("Seconds are a number from 0 to \(Int32.max).")
    }
    return seconds
  }

  /// Digits alone, in the range of msg.exe; nil for any other text.
  static func seconds(in text: Substring) -> UInt32? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int32(text).map(UInt32.init)
  }

  private static func id(_ text: String) throws -> UInt64 {
    switch try? MessageName(text) {
    case .number(let id)?: return id
    case .uuid?: throw ValidationError("Messages to fleets can't be updated: withdraw it, and send another one.")
    case nil: throw ValidationError("An id is the number that --print-id printed.")
    }
  }

  private static func urgency(_ text: String) throws -> Urgency {
    guard let urgency = Urgency(rawValue: text.lowercased()) else {
      throw ValidationError("It is low, normal or critical.")
    }
    return urgency
  }

  private static func window(_ text: String) throws -> WindowUse {
    guard let window = WindowUse(rawValue: text.lowercased()) else {
      throw ValidationError("It is always, fallback or never.")
    }
    return window
  }

  private static func terminals(_ text: String) throws -> TerminalUse {
    guard let terminals = TerminalUse(rawValue: text.lowercased()) else {
      throw ValidationError("It is too, only or no.")
    }
    return terminals
  }

  private static func icon(_ text: String) throws -> String {
    guard PlainName.isPlain(text) else {
      throw ValidationError("It is the name of an icon of the theme: \(PlainName.shape).")
    }
    return text
  }

  private static func reply(_ text: String) throws -> Reply {
    let parts = text.unicodeScalars.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      .map(String.init)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].allSatisfy(\.isWhitespace) else {
      throw ValidationError("A reply is written KEY=LABEL.")
    }
    if let fault = ReplyRules.fault(inKey: parts[0]) { throw ValidationError("The key '\(parts[0])' \(fault).") }
    guard TerminalWidth.of(parts[1]) <= ReplyRules.labelColumns else {
      throw ValidationError(
        "The label is too long: at most \(ReplyRules.labelColumns) columns, of which wide characters have two.")
    }
    return Reply(key: parts[0], label: parts[1])
  }
}
