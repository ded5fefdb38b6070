internal import CProcess
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
  let sender: Sender
  let request: SenderRequest
  let message: FleetMessage
  let lines: AnswerLines
  private let state: Mutex<State>
  /// Wakes the main thread when there is something for it to do.
  private let wakeUp: (reader: Int32, writer: Int32)

  struct State {
    var roster: Roster
    var connection: BrokerConnection?
    var isConnected = false
    var isSubscribed = false
    /// Whether the broker has lost the session, and with it what machines have said meanwhile.
    var hasLostReceipts = false
    /// The message, signed. Nil until it is.
    var publication: Publication?
    var messageNumber: Int32?
    var echoNumber: Int32?
    var totals: (machines: Int, offline: Int) = (0, 0)
    /// When `msg` was last told how many machines there are.
    var lastCount = Deadline.now
    /// When it is told again. Never, if nothing has changed.
    var countDeadline = Deadline.never
    var connectDeadline: Deadline
    /// When the presence of all machines must be read, once it was asked for.
    var echoDeadline = Deadline.never
    /// What the main thread waits for.
    var awaited = Deadline.never
    var isOver = false
    var isDisconnected = false

    /// When there is something to do if nothing happens.
    var nextDeadline: Deadline {
      min(connectDeadline, echoDeadline, countDeadline, roster.deadline(at: .now))
    }
  }

  /// How long the session is kept while `msg` waits and the connection is lost, in seconds.
  private static let sessionExpiry: UInt32 = 300
  /// How long the broker's end of the connection is waited for.
  private static let farewellTimeout: Duration = .milliseconds(500)
  /// How often `msg` is told how many machines there are.
  private static let countDelay: Duration = .milliseconds(200)
  /// How long a question lives that asks what became of the message, in seconds.
  private static let questionLife: Int64 = 60

  /// - Parameters:
  ///   - request: what is asked.
  ///   - sender: who asks.
  ///   - lines: what `msg` is told.
  /// - Throws: a `MessengerError` if there is no room for a pipe.
  init(_ request: SenderRequest, by sender: Sender, to lines: AnswerLines) throws(MessengerError) {
    self.request = request
    self.sender = sender
    self.lines = lines
    message = Self.message(request.forMachines ?? .sessions, of: request, life: request.life ?? 0, by: sender)
    state = Mutex(
      State(
        roster: Roster(
          fleet: sender.fleet, only: request.machine, listed: sender.machines, waits: request.waits),
        connectDeadline: .now + request.connectTimeout))
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC | O_NONBLOCK) == 0 else {
      throw MessengerError(.failed, String(cString: strerror(errno)))
    }
    wakeUp = (ends[0], ends[1])
  }

  deinit {
    close(wakeUp.reader)
    close(wakeUp.writer)
  }

  private static func message(
    _ content: FleetRequest, of request: SenderRequest, life: Int64, by sender: Sender
  ) -> FleetMessage {
    var random = SystemRandomNumberGenerator()
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let now = Int64(time.tv_sec)
    return FleetMessage(
      id: MessageID(at: UInt64(now) * 1000 + UInt64(time.tv_nsec) / 1_000_000, using: &random), sender: sender.name,
      sent: now, expires: now + life, fleet: sender.fleet, machine: request.machine, request: content)
  }

  /// Holds the conversation, until it is over or `msg` has gone.
  ///
  /// - Parameter input: closed by `msg` when it ends.
  func run(until input: Int32) {
    do throws(MessengerError) {
      try connect()
      let publication = request.forMachines == nil || request.life == nil ? nil : try signed(message)
      // Nobody would hear what becomes of it.
      guard !hasEnded(input, within: 0) else { return leave() }
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

  /// A message as it is published. Its life goes on while somebody types a passphrase or looks for a token.
  private func signed(_ message: FleetMessage) throws(MessengerError) -> Publication {
    let payload = message.jsonText
    var publication = Publication(topic: message.topic.path, payload: payload)
    if let key = sender.settings.signingKey {
      do throws(SignatureError) {
        publication.properties[Signature.property] = try Signature.sign(payload, for: sender.fleet, key: key)
      } catch {
        throw MessengerError(error.code, "\(sender.settings.place): \(error)")
      }
    }
    let left = message.expires - Int64(time(nil))
    guard left > 0 else {
      throw MessengerError(
        .invalidArgument,
        "signing took longer than the \(message.expires - message.sent) s for which the message lives; nothing was "
          + "sent: give it a longer /TIME: or --hold")
    }
    publication.expiry = UInt32(clamping: left)
    return publication
  }

  // MARK: The main thread

  /// Waits until all is said, and keeps the time.
  private func waitForEnd(_ input: Int32) {
    while true {
      let awaited = state.withLock { state -> Deadline? in
        tick(&state)
        state.awaited = state.nextDeadline
        return state.isOver ? nil : state.awaited
      }
      guard let awaited else { return }
      if hasEnded(input, within: Int32(clamping: awaited.remaining.microseconds / 1000 + 1)) { return }
      let hasLostReceipts = state.withLock { state in
        defer { state.hasLostReceipts = state.hasLostReceipts && !state.isSubscribed }
        return state.hasLostReceipts && state.isSubscribed
      }
      if hasLostReceipts { askAgain() }
    }
  }

  /// Waits until there is something to do, and returns whether `msg` has gone.
  private func hasEnded(_ input: Int32, within milliseconds: Int32) -> Bool {
    var polled = [
      pollfd(fd: input, events: Int16(POLLIN), revents: 0),
      pollfd(fd: wakeUp.reader, events: Int16(POLLIN), revents: 0),
    ]
    poll(&polled, 2, milliseconds)
    var bytes = [UInt8](repeating: 0, count: 64)
    if polled[1].revents != 0 { _ = Glibc.read(wakeUp.reader, &bytes, bytes.count) }
    return polled[0].revents != 0 && Glibc.read(input, &bytes, 1) <= 0
  }

  /// Wakes the main thread.
  func wake() {
    var byte: UInt8 = 0
    _ = write(wakeUp.writer, &byte, 1)
  }

  /// Asks machines what became of the message while the broker kept nothing for this sender.
  private func askAgain() {
    do throws(MessengerError) {
      let question = try signed(
        Self.message(.status(message.id), of: request, life: Self.questionLife, by: sender))
      state.withLock { state in
        _ = attempt(&state) { (connection) throws(BrokerError) in try connection.publish(question) }
      }
    } catch {
      lines.note("what became of it meanwhile can't be asked: \(error.message)")
    }
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
    while deadline.remaining > .zero, !state.withLock(\.isDisconnected) {
      var event = pollfd(fd: wakeUp.reader, events: Int16(POLLIN), revents: 0)
      poll(&event, 1, Int32(clamping: deadline.remaining.microseconds / 1000 + 1))
      var bytes = [UInt8](repeating: 0, count: 64)
      _ = Glibc.read(wakeUp.reader, &bytes, bytes.count)
    }
  }

  private func tick(_ state: inout State) {
    guard !state.isOver else { return }
    let now = Deadline.now
    if now >= state.countDeadline { tellTotals(&state) }
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

  /// Tells how many machines there are, if that has changed.
  func tellTotals(_ state: inout State) {
    let totals = state.roster.totals
    guard state.roster.isComplete, state.roster.isPublished, totals != state.totals else { return }
    (state.totals, state.lastCount, state.countDeadline) = (totals, .now, .never)
    lines.count(machines: totals.machines, offline: totals.offline)
  }

  // MARK: The connection's thread

  private func take(_ event: BrokerEvent) {
    state.withLock { state in
      if case .disconnected = event { state.isDisconnected = true }
      guard !state.isOver else { return wake() }
      handle(event, &state)
      concludeIfOver(&state)
      if state.roster.isPublished, state.roster.totals != state.totals, state.countDeadline == .never {
        state.countDeadline = state.lastCount + Self.countDelay
      }
      let isQuestion = state.hasLostReceipts && state.isSubscribed
      if state.isOver || isQuestion || state.nextDeadline < state.awaited { wake() }
    }
  }
}
