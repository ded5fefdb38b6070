import MessengerClient
import MessengerContract

/// A message that the command line asks to be sent.
struct Request {
  /// Whom, as the service is told.
  var recipients: [String]
  /// The message; nil where it is to be read from standard input.
  var message: String?
  /// How it is to be shown.
  var options = SendOptions()
  /// To which machines; nil is this one.
  var hosts: [RemoteHost?] = [nil]
  /// How long a machine may take to answer at all.
  var connectTimeout: Duration = .seconds(10)
  /// What is told of the recipients.
  var output = Output.failures
  /// Whether somebody may be asked for a password.
  var asksPassword = true
  /// Whether the message's id is told.
  var printsID = false

  /// What is told of the recipients.
  enum Output {
    /// Nothing: the exit status says it.
    case nothing
    /// Whoever was not reached or, where that is waited for, has not acknowledged.
    case failures
    /// Everyone.
    case everything
    /// Everyone, for programs.
    case json
  }

  init(recipients: [String], message: String? = nil) {
    self.recipients = recipients
    self.message = message
  }
}

extension Request {
  /// What `msg` was asked to send.
  ///
  /// - Throws: a ``InputError`` over a recipient that is none, or a file of recipients that can't be used.
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
    if !msg.all { try ShellExpansion.check([recipient] + msg.message, listing: surroundings.listing) }
    try self.init(to: recipient, saying: msg.message, in: surroundings)
    options = SendOptions(
      timeout: msg.time, title: msg.title, wait: msg.wait || !msg.reply.isEmpty, urgency: msg.urgency, icon: msg.icon,
      replies: msg.reply)
    hosts = msg.machines.hosts
    connectTimeout = msg.machines.hostTimeout
    output = msg.json ? .json : msg.quiet ? .nothing : msg.verbose ? .everything : .failures
    asksPassword = !msg.noAskPassword
    printsID = msg.printId
  }

  /// A message as it stands on a command line, where it may be missing.
  ///
  /// - Throws: a ``InputError`` over a recipient that is none, or a file of recipients that can't be used.
  init(to recipient: String, saying words: [String], in surroundings: Surroundings) throws {
    self.init(
      recipients: try Recipients.read(recipient, isMessageRead: words.isEmpty, in: surroundings),
      message: words.isEmpty ? nil : words.joined(separator: " "))
  }

  private static func repeatedKey(in replies: [Reply]) -> String? {
    var seen: Set<String> = []
    return replies.map(\.key).first { !seen.insert($0).inserted }
  }
}
