internal import FleetConfiguration
internal import FleetContract
internal import Glibc
internal import MQTT
internal import MessengerContract
internal import PlainJSON
internal import Platform
internal import Synchronization

/// One request to a fleet, from the connection to the last line.
///
/// The connection's thread takes what the broker sends, and the main thread keeps the time. Both do so under one lock,
/// and write the lines for `msg` under it.
final class Conversation: Sendable {
  private let sender: Sender
  private let request: SenderRequest
  private let message: FleetMessage
  private let lines: AnswerLines
  private let state: Mutex<State>
  /// Wakes the main thread when all is said.
  private let wakeUp: (reader: Int32, writer: Int32)

  private struct State {
    var roster: Roster
    var connection: BrokerConnection?
    var isConnected = false
    var isSubscribed = false
    /// The message, signed. Nil until it is.
    var publication: Publication?
    var messageNumber: Int32?
    var echoNumber: Int32?
    var totals: (machines: Int, offline: Int) = (0, 0)
    var connectDeadline: Deadline
    /// When the presence of all machines must be read, once it was asked for.
    var echoDeadline = Deadline.never
    var isOver = false
    var isDisconnected = false
  }

  /// How long the session is kept while `msg` waits and the connection is lost, in seconds.
  private static let sessionExpiry: UInt32 = 300
  /// How long reading the presence of all machines may take.
  private static let echoTimeout: Duration = .seconds(10)
  /// How long the broker's end of the connection is waited for.
  private static let farewellTimeout: Duration = .milliseconds(500)
  /// How often `msg` is told how many machines there are.
  private static let countDelay: Duration = .milliseconds(200)

  /// - Parameters:
  ///   - request: what is asked.
  ///   - sender: who asks.
  ///   - lines: what `msg` is told.
  /// - Throws: a `MessengerError` if there is no room for a pipe.
  init(_ request: SenderRequest, by sender: Sender, to lines: AnswerLines) throws(MessengerError) {
    self.request = request
    self.sender = sender
    self.lines = lines
    var random = SystemRandomNumberGenerator()
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let now = Int64(time.tv_sec)
    message = FleetMessage(
      id: MessageID(at: UInt64(now) * 1000 + UInt64(time.tv_nsec) / 1_000_000, using: &random), sender: sender.name,
      sent: now, expires: now + (request.life ?? 0), fleet: sender.fleet, machine: request.machine,
      request: request.forMachines ?? .sessions)
    state = Mutex(
      State(
        roster: Roster(
          fleet: sender.fleet, only: request.machine, listed: sender.machines, waits: request.waits),
        connectDeadline: .now + request.connectTimeout))
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw MessengerError(.failed, String(cString: strerror(errno))) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    wakeUp = (ends[0], ends[1])
  }

  /// Holds the conversation, until it is over or `msg` has gone.
  ///
  /// - Parameter input: closed by `msg` when it ends.
  func run(until input: Int32) {
    do throws(MessengerError) {
      try connect()
      let publication = try signed()
      state.withLock { state in
        state.publication = publication
        state.connectDeadline = max(state.connectDeadline, .now + .seconds(1))
        publish(&state)
      }
    } catch {
      state.withLock { fail(error, &$0) }
    }
    waitForEnd(input)
    leave()
    lines.end()
  }

  /// A secret by chance: a broker gives the session, and the receipts in it, to whoever comes with its id.
  private static func clientID() -> String {
    var random = SystemRandomNumberGenerator()
    return "msg-" + (0..<32).map { _ in String(Int.random(in: 0..<16, using: &random), radix: 16) }.joined()
  }

  private func connect() throws(MessengerError) {
    do throws(BrokerError) {
      let connection = try BrokerConnection(
        to: sender.broker,
        session: SessionSettings(
          clientID: Self.clientID(), keepAlive: 30,
          expiry: request.waits ? Self.sessionExpiry : 0, receiveMaximum: .max)
      ) { [weak self] in self?.take($0) }
      state.withLock { $0.connection = connection }
      try connection.start()
    } catch {
      throw MessengerError(.invalidArgument, "\(sender.settings.place): \(error)")
    }
  }

  /// The message as it is published. Nil if nothing is sent.
  private func signed() throws(MessengerError) -> Publication? {
    guard request.forMachines != nil, let life = request.life else { return nil }
    do {
      let payload = message.jsonText
      var publication = Publication(
        topic: message.topic.path, payload: payload, expiry: UInt32(clamping: max(1, life)))
      if let key = sender.settings.signingKey {
        publication.properties[Signature.property] = try Signature.sign(payload, for: sender.fleet, key: key)
      }
      return publication
    } catch {
      throw MessengerError(.failed, "\(error)")
    }
  }

  /// Waits until all is said, and keeps the time.
  private func waitForEnd(_ input: Int32) {
    var polled = [
      pollfd(fd: input, events: Int16(POLLIN), revents: 0),
      pollfd(fd: wakeUp.reader, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      let deadline = state.withLock { state -> Deadline? in
        tick(&state)
        return state.isOver ? nil : min(state.connectDeadline, state.echoDeadline, state.roster.deadline)
      }
      guard let deadline else { return }
      let left = min(deadline.remaining, Self.countDelay)
      poll(&polled, 2, Int32(clamping: left.microseconds / 1000 + 1))
      if polled[0].revents != 0, hasEnded(input) { return }
    }
  }

  private func hasEnded(_ input: Int32) -> Bool {
    var byte: UInt8 = 0
    return Glibc.read(input, &byte, 1) <= 0
  }

  /// Lets the broker forget the session, so that it doesn't keep what nobody reads.
  private func leave() {
    let connection = state.withLock { state in
      state.isOver = true
      return state.isConnected ? state.connection : nil
    }
    guard let connection else { return }
    connection.disconnect(expiry: 0)
    let deadline = Deadline.after(Self.farewellTimeout)
    while deadline.remaining > .zero, !state.withLock(\.isDisconnected) { usleep(1000) }
  }

  // MARK: Time

  private func tick(_ state: inout State) {
    guard !state.isOver else { return }
    let now = Deadline.now
    tellTotals(&state)
    if !state.isSubscribed, now >= state.connectDeadline {
      fail(.unavailable, "\(sender.brokerName) does not answer", &state)
    } else if now >= state.echoDeadline {
      let remark = state.messageNumber == nil ? "" : "; the message was sent"
      fail(
        .notAuthorized,
        "\(sender.brokerName) takes messages from \(sender.name), and passes on no receipts to it: see its access "
          + "control list\(remark)", &state)
    } else {
      concludeIfOver(&state)
    }
  }

  private func tellTotals(_ state: inout State) {
    let totals = state.roster.totals
    guard state.roster.isComplete, state.roster.isPublished, totals != state.totals else { return }
    state.totals = totals
    lines.count(machines: totals.machines, offline: totals.offline)
  }

  // MARK: The broker

  private func take(_ event: BrokerEvent) {
    state.withLock { state in
      if case .disconnected = event { state.isDisconnected = true }
      guard !state.isOver else { return }
      switch event {
      case .connected(let hasSession): connected(hasSession, &state)
      case .refused(let reason): lost(reason, isRefusal: true, &state)
      case .disconnected(let reason): lost(reason, isRefusal: false, &state)
      case .subscribed(_, let reasons): subscribed(reasons, &state)
      case .published(let number, let reason): published(number, reason, &state)
      case .message(let message): read(message, &state)
      }
      concludeIfOver(&state)
    }
  }

  private func connected(_ hasSession: Bool, _ state: inout State) {
    state.isConnected = true
    state.isDisconnected = false
    guard !state.isSubscribed || !hasSession else { return }
    let presence = request.machine.map { Topic.presence($0).path } ?? Topic.allPresence
    attempt(&state) { (connection) throws(BrokerError) in
      try connection.subscribe(to: [Topic.receipts(of: message.id, to: sender.name), presence], .atLeastOnce)
    }
  }

  private func lost(_ reason: Reason, isRefusal: Bool, _ state: inout State) {
    guard !state.roster.isPublished else {
      if state.isConnected {
        lines.note("\(sender.brokerName) can't be reached at the moment (\(reason)): trying again")
      }
      state.isConnected = false
      return
    }
    let isDenial = [0x84, 0x85, 0x86, Reason.notAuthorized, 0x8A, 0x8C].contains(reason.code)
    fail(
      isDenial ? .notAuthorized : .unavailable,
      isRefusal || isDenial
        ? "\(sender.brokerName) refuses \(sender.name): \(reason)"
        : "\(sender.brokerName) can't be reached: \(reason)", &state)
  }

  private func subscribed(_ reasons: [Reason], _ state: inout State) {
    if let refusal = reasons.first(where: { !$0.isSuccess }) {
      return fail(
        refusal.code == Reason.notAuthorized ? .notAuthorized : .unavailable,
        "\(sender.brokerName) doesn't let \(sender.name) read receipts and presence: \(refusal)", &state)
    }
    state.isSubscribed = true
    state.connectDeadline = .never
    if !state.roster.isComplete {
      state.echoDeadline = .now + Self.echoTimeout
      state.echoNumber = attempt(&state) { (connection) throws(BrokerError) in
        try connection.publish(Publication(topic: echoPath, payload: Array("echo".utf8), expiry: 60))
      }
    }
    publish(&state)
  }

  /// What the sender writes to itself, behind the subscription.
  private var echoPath: String { Topic.receipt(sender: sender.name, id: message.id, machine: sender.name).path }

  private func publish(_ state: inout State) {
    guard !state.isOver, state.isSubscribed, state.messageNumber == nil, let publication = state.publication else {
      return
    }
    state.messageNumber = attempt(&state) { (connection) throws(BrokerError) in
      try connection.publish(publication)
    }
  }

  private func published(_ number: Int32, _ reason: Reason, _ state: inout State) {
    if number == state.echoNumber, !reason.isSuccess {
      fail(
        reason.code == Reason.notAuthorized ? .notAuthorized : .unavailable,
        "\(sender.brokerName) doesn't let \(sender.name) write \(echoPath): \(reason)", &state)
    }
    guard number == state.messageNumber, !state.isOver else { return }
    let aim = request.machine.map { "\($0)" } ?? "fleet \(sender.fleet)"
    guard reason.isSuccess else {
      return fail(
        reason.code == Reason.notAuthorized ? .notAuthorized : .unavailable,
        "\(sender.brokerName) doesn't let \(sender.name) write to \(aim): \(reason)", &state)
    }
    guard reason.code != Reason.noSubscribers else {
      return fail(
        .unavailable,
        request.machine.map { "no machine \($0) is enrolled at \(sender.brokerName)" }
          ?? "no machine of fleet \(sender.fleet) is enrolled at \(sender.brokerName)", &state)
    }
    state.roster.publish(at: .now, life: .seconds(request.life ?? 0), stay: request.stay)
    lines.sent(message.id, expires: message.expires)
  }

  /// Asks the broker for something, and returns the number of the answer. Nil if that failed.
  @discardableResult
  private func attempt(
    _ state: inout State, _ body: (BrokerConnection) throws(BrokerError) -> Int32
  ) -> Int32? {
    guard let connection = state.connection else { return nil }
    do throws(BrokerError) { return try body(connection) } catch {
      fail(.unavailable, "\(sender.brokerName): \(error)", &state)
      return nil
    }
  }

  // MARK: Messages

  private func read(_ message: IncomingMessage, _ state: inout State) {
    switch Topic(path: message.topic) {
    case .presence(let machine)?:
      if message.payload.isEmpty {
        state.roster.note(nil, of: machine)
      } else if let presence = Presence(payload: message.payload) {
        state.roster.note(presence, of: machine)
      }
    case .receipt(sender.name, self.message.id, sender.name)?:
      state.roster.complete()
      state.echoDeadline = .never
      tellTotals(&state)
    case .receipt(sender.name, self.message.id, let machine)?:
      guard let head = ReceiptHead(message.payload, of: self.message.id) else { return }
      let verdict = state.roster.note(
        stage: head.stage, number: head.number, isFinal: head.isFinal, of: machine, at: .now)
      switch verdict {
      case .pass: lines.receipt(message.payload, of: machine)
      case .flood: lines.flood(machine)
      case .ignore: break
      }
    default: break
    }
  }

  // MARK: The end

  private func concludeIfOver(_ state: inout State) {
    guard !state.isOver else { return }
    switch request.verb {
    case .machines, .doctor:
      guard state.roster.isComplete else { return }
      if request.verb == .doctor {
        tellFindings(of: state.roster)
      } else {
        for (name, machine) in state.roster.machines.sorted(by: { $0.key < $1.key }) { lines.machine(name, machine) }
      }
    case .send, .withdraw, .sessions:
      guard state.roster.isOver(at: .now) else { return }
      tellTotals(&state)
      for (name, missing, since) in state.roster.missing {
        lines.missing(name, state: missing.rawValue, since: since)
      }
    }
    end(&state)
  }

  private func tellFindings(of roster: Roster) {
    let (machines, offline) = roster.totals
    lines.finding(
      SenderFinding(
        check: "broker", state: .ok, text: "\(sender.brokerName) takes \(sender.name)'s messages and sends receipts"))
    lines.finding(
      machines == 0
        ? SenderFinding(
          check: "machines", state: .wrong, text: "no machine is enrolled",
          fix: "install msg-relay on the machines, and enrol them")
        : SenderFinding(
          check: "machines", state: machines == offline ? .note : .ok,
          text: "\(machines - offline) online, \(offline) offline"))
  }

  private func fail(_ code: MessengerErrorCode, _ text: String, _ state: inout State) {
    fail(MessengerError(code, text), &state)
  }

  private func fail(_ error: MessengerError, _ state: inout State) {
    guard !state.isOver else { return }
    if request.verb == .doctor {
      lines.finding(
        SenderFinding(
          check: "broker", state: .wrong, text: "\(sender.brokerName) can't be used", reason: error.message,
          fix: sender.broker.authorities.map {
            "openssl s_client -connect \(sender.broker.host):\(sender.broker.port) -CAfile \($0)"
              + (sender.broker.certificate.map { " -cert \($0)" } ?? "")
              + (sender.broker.key.map { " -key \($0)" } ?? "") + "  # says more"
          }))
    } else {
      lines.failed(error)
    }
    end(&state)
  }

  private func end(_ state: inout State) {
    state.isOver = true
    var byte: UInt8 = 0
    write(wakeUp.writer, &byte, 1)
  }
}
