import MessengerClient
import MessengerContract

/// `--update`: changes a message that was sent before.
struct MessageUpdate {
  private let id: UInt64
  private let words: [String]
  private let options: SendOptions
  private let progress: Progress?
  private let msg: MsgOptions
  private let machines: Machines

  /// Nil if the line asks for something else.
  ///
  /// - Throws: an ``InputError`` if it names several machines.
  init?(_ msg: MsgOptions, in surroundings: Surroundings) throws {
    guard let id = msg.update else { return nil }
    machines = try msg.machines.found(in: surroundings).withoutFleets(for: "--update")
    guard machines.hosts.count == 1 else {
      throw InputError.usage("--update takes one host: each has ids of its own")
    }
    self.id = id
    self.msg = msg
    words = [msg.recipient].compactMap(\.self) + msg.message
    progress = msg.progress
    options = SendOptions(
      timeout: msg.time, title: msg.title, icon: msg.icon, progress: msg.progress?.start, again: msg.again)
  }

  /// Changes the message, and says whether anybody sees it.
  func run(in surroundings: Surroundings) throws -> ExitStatus {
    let service = surroundings.service(
      machines.hosts[0], machines.connectTimeout, asksPassword: !msg.noAskPassword)
    let body = try body(in: surroundings)
    do { try service.update(id, body: body, options: options) } catch {
      surroundings.complain(about: error)
      return ExitStatus(error, sending: body, by: service)
    }
    var deliveries = try service.deliveries(of: id)
    if progress == .input {
      let input = ProgressInput(surroundings)
      let timeout = options.timeout ?? deliveries.first?.details.timeout ?? Messenger.defaultTimeout
      input.show(at: service, message: id, timeout: timeout)
      try input.readToEnd()
      deliveries = (try? service.deliveries(of: id)) ?? []
    }
    let open = deliveries.filter { !$0.state.isFinal }
    guard !open.isEmpty else {
      if !msg.quiet { surroundings.complainByName("nobody sees message \(id) any more: it has ended everywhere") }
      return .notReached
    }
    if msg.verbose {
      for delivery in open {
        surroundings.say("Message to \(delivery.userName) (session \(delivery.sessionName)) updated")
      }
    }
    return .success
  }

  /// The new text; empty if only something else changes.
  private func body(in surroundings: Surroundings) throws -> String {
    guard words.isEmpty else { return words.joined(separator: " ") }
    return options == SendOptions() ? try MessageInput.read(from: surroundings) : ""
  }
}
