import MessengerClient
import MessengerContract

/// The program `msg`.
enum Msg {
  /// Runs the program with these words.
  static func run(_ words: [String], in surroundings: Surroundings) throws -> ExitStatus {
    try MsgOptions.answerShell(words)
    let taken = try CommandLineParts(words, switches: WindowsSwitch.ofMsg, everyone: Messenger.everyone)
    try warn(of: taken, in: surroundings)
    if let request = try Request(taken, in: surroundings) { return try MessageSender(request, in: surroundings).run() }
    let options = try MsgOptions.read(taken.normalized)
    try options.checkActs()
    if let doctor = try Doctor(options, in: surroundings) { return doctor.run(in: surroundings) }
    if let muting = try Muting(options, in: surroundings) { return muting.run(in: surroundings) }
    if let update = try MessageUpdate(options, in: surroundings) { return try update.run(in: surroundings) }
    if let withdrawal = try Withdrawal(options, in: surroundings) { return try withdrawal.run(in: surroundings) }
    if let inventory = try FleetInventory(options, in: surroundings) { return inventory.run(in: surroundings) }
    if options.held {
      if let word = options.recipient { throw InputError.usage("--held takes no recipient, such as '\(word)'") }
      let machines = try options.machines.found(in: surroundings).withoutFleets(for: "--held")
      return HeldList(machines: machines, isJSON: options.json, asksPassword: !options.noAskPassword)
        .run(in: surroundings)
    }
    if options.sessions {
      guard options.message.isEmpty else { throw InputError.usage("--sessions takes one user, session name or id") }
      let filter = options.all ? nil : options.recipient
      let machines = try options.machines.found(in: surroundings)
      return SessionList(filter: filter, machines: machines, isJSON: options.json).run(in: surroundings)
    }
    return try MessageSender(Request(options, in: surroundings), in: surroundings).run()
  }

  /// Warns of a switch that became text because it was written too late. In a message to everyone it is an error,
  /// because such a message can't be unseen.
  private static func warn(of words: CommandLineParts, in surroundings: Surroundings) throws {
    guard let stray = words.switchesInMessage.first else { return }
    guard !words.options.contains("--all") else {
      throw InputError.usage(
        "'\(stray)' would be a part of the message to everyone: write switches before the message, "
          + "or -- before a message that has such a word")
    }
    surroundings.complainByName(
      "'\(stray)' is a part of the message: write switches before it, or -- before a message that has such a word")
  }
}
