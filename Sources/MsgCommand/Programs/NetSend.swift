import ArgumentParser
import MessengerClient
import MessengerContract

/// The program `net-send`: the command of that name that Windows had until Vista.
enum NetSend {
  /// The recipient of a message.
  enum Target: Equatable {
    /// A user or session or, if none has that name, a host.
    case name(String)
    /// Everyone on this machine.
    case users
    /// Everyone on every host of a list. Nil is the first list.
    case domain(String?)

    /// - Parameter word: the word as it was typed.
    /// - Throws: an ``InputError`` for an unknown switch.
    init(_ word: String) throws {
      let parts = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      switch (parts.first?.lowercased(), parts.dropFirst().first) {
      case ("*", nil), ("/domain", nil): self = .domain(nil)
      case ("/domain", let name?) where !name.isEmpty: self = .domain(name)
      case ("/users", nil): self = .users
      case (""?, nil), (nil, _): throw InputError.usage("the recipient is empty")
      case _ where word.hasPrefix("/"): throw InputError.usage("unknown switch: \(word)")
      default: self = .name(word)
      }
    }
  }

  /// Runs the program with these words.
  static func run(_ words: [String], in surroundings: Surroundings) throws -> ExitStatus {
    try NetSendOptions.answerShell(words)
    let options = try NetSendOptions.read(normalized(words))
    guard let name = options.name else { throw InputError.usage("no recipient and no message") }
    let target = try Target(name)
    try ShellExpansion.check(
      [name] + options.message, everyone: "/USERS, or '*' for all hosts", listing: surroundings.listing)
    guard !options.message.isEmpty else { throw InputError.usage("the message is missing") }
    return try send(options.message.joined(separator: " "), to: target, in: surroundings)
  }

  /// Options stand before the recipient. Every word after it belongs to the message.
  private static func normalized(_ words: [String]) -> [String] {
    let isOption: (String) -> Bool = { $0.hasPrefix("--") && $0 != "--" || ["/?", "-?", "-h"].contains($0) }
    let options = words.prefix(while: isOption).map { ["/?", "-?"].contains($0) ? "--help" : $0 }
    let rest = words.dropFirst(options.count)
    return options + ["--"] + (rest.first == "--" ? rest.dropFirst() : rest)
  }

  private static func send(
    _ message: String, to target: Target, in surroundings: Surroundings
  ) throws -> ExitStatus {
    switch target {
    case .name(let name):
      let host = try DomainList.readIfThere(in: surroundings)?.host(named: name)
      var request = request(message, to: name)
      // A sender who means the host isn't asked for the password that a user of that name would need.
      request.asksPassword = host == nil
      let status = try MessageSender(request, in: surroundings) { _ in
        NetSendReport(on: name, isLast: host == nil, to: surroundings)
      }.run()
      // The service hides from unauthorized senders that nobody has that name.
      guard let host, [.noSuchRecipient, .notAuthorized].contains(status) else { return status }
      return try sendToEveryone(message, on: [host], in: surroundings)
    case .users:
      return try MessageSender(request(message, to: Messenger.everyone), in: surroundings) { _ in
        NetSendReport(on: "everyone on this machine", to: surroundings)
      }.run()
    case .domain(nil):
      return try sendToEveryone(message, on: DomainList.read(in: surroundings).hosts(of: nil), in: surroundings)
    case .domain(let name?):
      let fleets = try FleetNames.read(in: surroundings)
      guard fleets.contains(name) else {
        return try sendToEveryone(message, on: hosts(of: name, besides: fleets, in: surroundings), in: surroundings)
      }
      var request = request(message, to: Messenger.everyone)
      request.hosts = []
      request.fleets = [FleetTarget(fleet: name)]
      return try MessageSender(request, in: surroundings, isNetSend: true).run()
    }
  }

  /// The hosts of a list.
  ///
  /// - Throws: an ``InputError`` that names both places in which a name may stand.
  private static func hosts(
    of name: String, besides fleets: FleetNames, in surroundings: Surroundings
  ) throws -> [RemoteHost] {
    let lists = try DomainList.readIfThere(in: surroundings)
    do { return try (lists ?? DomainList.read(in: surroundings)).hosts(of: name) } catch let error as InputError {
      throw InputError.content("\(error.reason); and \(fleets.absence(of: name))")
    }
  }

  /// Sends to everyone on these hosts; `localhost` is this machine, without ssh.
  private static func sendToEveryone(
    _ message: String, on hosts: [RemoteHost], in surroundings: Surroundings
  ) throws -> ExitStatus {
    var request = request(message, to: Messenger.everyone)
    request.hosts = hosts.map { ThisMachine.isMeant(by: $0) ? nil : $0 }
    return try MessageSender(request, in: surroundings) {
      NetSendReport(on: $0?.description ?? "localhost", to: surroundings)
    }.run()
  }

  /// As on Windows, the message stays until somebody closes it.
  private static func request(_ message: String, to recipient: String) -> Request {
    var request = Request(recipients: [recipient], message: message)
    request.options.timeout = 0
    return request
  }
}

/// The options and arguments of `net-send`.
struct NetSendOptions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "net-send",
    abstract: "Send a message as net send does.",
    usage: "net-send {name | '*' | /DOMAIN[:name] | /USERS} message",
    discussion: """
      The message stays until it is answered. '*', quoted because the shell expands a bare one, and /DOMAIN are \
      everyone on every host of the first list in \(DomainList.path), /DOMAIN:name on those of the list or the \
      fleet of that name, and /USERS everyone on this machine. /? is --help.

      Exit status: 0 sent to all, 1 some not reached, 64 wrong usage and nothing sent, 67 no such name, 69 the \
      service, the bus, logind or the host can't be reached, 70 internal error, 74 the output can't be written, 77 \
      not allowed.
      """,
    version: "net-send \(Messenger.version)")

  @Argument(
    help: "A user, a session's name or id, or a host of a list: everyone there.", completion: .custom(Completion.names))
  var name: String?

  @Argument(help: "The message; its words are joined by single spaces.")
  var message: [String] = []
}
