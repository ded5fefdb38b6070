import MessengerClient
import MessengerContract

/// A message to send, as the command line describes it.
struct Request {
  /// The recipients, in the words that the service resolves.
  var recipients: [String]
  /// The text. Nil: it comes from standard input.
  var message: String?
  /// How the desktops show it.
  var options = SendOptions()
  /// The machines that it goes to. Nil is this machine.
  var hosts: [RemoteHost?] = [nil]
  /// The fleets that it goes to.
  var fleets: [FleetTarget] = []
  /// How long a machine may take to answer.
  var connectTimeout: Duration = .seconds(10)
  /// What is printed about the recipients.
  var output = Output.failures
  /// Whether msg may ask for a password.
  var asksPassword = true
  /// Whether the message's id is printed.
  var printsID = false
  /// Whether standard input says how much of something is done, which the popups show.
  var readsProgress = false

  /// What is printed about the recipients.
  enum Output {
    /// Nothing. The exit status is the only report.
    case nothing
    /// Recipients who were not reached or, with `/W`, have not acknowledged.
    case failures
    /// Every recipient.
    case everything
    /// Every recipient, as JSON for programs.
    case json
  }

  init(recipients: [String], message: String? = nil) {
    self.recipients = recipients
    self.message = message
  }
}

extension Request {
  /// Whether it goes to one machine or fleet, so that nothing need say which.
  var hasOneTarget: Bool { hosts.count + fleets.count == 1 }

  /// The message that the options of `msg` describe.
  ///
  /// - Throws: an ``InputError`` for a recipient that is none, or a file of recipients that can't be used.
  init(_ msg: MsgOptions, in surroundings: Surroundings) throws {
    guard let recipient = msg.recipient else {
      throw InputError.usage("no recipient; everyone is '*', in quotes because the shell expands a bare one, or --all")
    }
    guard !(msg.quiet && msg.verbose) else { throw InputError.usage("--quiet and --verbose contradict each other") }
    guard msg.reply.count <= ReplyRules.most else {
      throw InputError.usage("\(msg.reply.count) replies; a popup has at most \(ReplyRules.most)")
    }
    let columns = msg.reply.reduce(0) { $0 + TerminalWidth.of($1.label) }
    guard columns <= ReplyRules.allLabelsColumns else {
      throw InputError.usage(
        "the labels of the replies have \(columns) columns; a popup has room for \(ReplyRules.allLabelsColumns)")
    }
    if let key = Self.repeatedKey(in: msg.reply) { throw InputError.usage("two replies have the key '\(key)'") }
    try msg.checkQuestion()
    guard msg.progress != .input || !msg.message.isEmpty else {
      throw InputError.usage("--progress - reads standard input: write the message itself on the command line")
    }
    if msg.terminals == .only {
      let answered = [
        ("--ask", msg.ask != nil), ("--choose", !msg.choose.isEmpty), ("--reply", !msg.reply.isEmpty),
        ("--later", msg.later != nil), ("--window", msg.window != nil),
      ].first(where: \.1)?.0
      if let answered { throw InputError.usage("\(answered) needs a desktop, and --terminals=only is for terminals") }
    }
    let later = msg.later?.seconds ?? []
    if let fault = LaterRules.fault(in: later, besides: msg.reply.count) { throw InputError.usage("--later: \(fault)") }
    guard msg.until == nil || msg.later != nil else { throw InputError.usage("--until needs --later") }
    guard msg.hold == nil || msg.terminals == nil || msg.terminals == .no else {
      throw InputError.usage("--hold and --terminals can't be combined: messages are held for desktops")
    }
    let now = surroundings.now()
    let until = msg.until?.time(from: now)
    let end = until.map { $0 - UInt64(now.seconds) } ?? LaterRules.usualEnd
    if let shortest = later.min(), UInt64(shortest) > end {
      surroundings.complainByName(
        "nobody can put the message off: \(shortest) s would go beyond the end, \(end) s from now; see --until")
    }
    if !msg.all { try ShellExpansion.check([recipient] + msg.message, listing: surroundings.listing) }
    try self.init(to: recipient, saying: msg.message, in: surroundings)
    options = SendOptions(
      timeout: msg.time, title: msg.title, wait: msg.wait || msg.asks, urgency: msg.urgency, icon: msg.icon,
      replies: msg.reply, progress: msg.progress?.start, later: later, until: until,
      ask: msg.ask, choices: msg.choose, window: msg.window, terminals: msg.terminals,
      hold: msg.hold?.seconds(from: now))
    let machines = try msg.machines.found(in: surroundings)
    hosts = machines.hosts
    fleets = machines.fleets
    connectTimeout = machines.connectTimeout
    if !fleets.isEmpty { try checkForFleets(msg) }
    output = msg.json ? .json : msg.quiet ? .nothing : msg.verbose ? .everything : .failures
    asksPassword = !msg.noAskPassword
    printsID = msg.printId
    readsProgress = msg.progress == .input
  }

  /// A message from the words of a command line, which may lack its text.
  ///
  /// - Throws: an ``InputError`` for a recipient that is none, or a file of recipients that can't be used.
  init(to recipient: String, saying words: [String], in surroundings: Surroundings) throws {
    self.init(
      recipients: try Recipients.read(recipient, isMessageRead: words.isEmpty, in: surroundings),
      message: words.isEmpty ? nil : words.joined(separator: " "))
  }

  /// - Throws: an ``InputError`` for what a fleet can't do.
  private func checkForFleets(_ msg: MsgOptions) throws {
    guard msg.progress != .input else {
      throw InputError.usage("--progress - doesn't work with a fleet, such as '\(fleets[0])': it changes messages")
    }
    guard options.hold ?? 0 <= Self.longestHoldOfFleets else {
      throw InputError.usage("a fleet holds messages for 7 days at most: see --hold")
    }
  }

  /// How long brokers keep messages for machines that are away, in seconds.
  private static let longestHoldOfFleets: UInt32 = 7 * 86_400

  private static func repeatedKey(in replies: [Reply]) -> String? {
    var seen: Set<String> = []
    return replies.map(\.key).first { !seen.insert($0).inserted }
  }
}
