internal import FleetContract
internal import GBus
internal import Logging
internal import MessengerContract
internal import MessengerProxy
internal import PlainJSON

/// Takes messages from the disk to msgd, one after the other, and follows what becomes of them.
@MainLoop
final class Dispatcher {
  /// How many messages msgd may be working on.
  private static let mostUnderWay = 16
  /// How long msgd may take until the sender hears that the message is here.
  private static let receivedDelay: Duration = .milliseconds(200)
  /// How often msgd is asked about messages of which it tells somebody else.
  private static let pollDelay: Duration = .seconds(5)
  /// How long it takes until a signature that could not be checked is looked at again.
  private static let retryDelay: Duration = .seconds(5)

  /// Checks a payload's signature; throws if it isn't valid.
  typealias Verifier = @Sendable (_ original: MessageRecord.Original, _ record: MessageRecord) throws -> Void

  private let admission: Admission
  private let inbox: Inbox
  private let service: MessageService
  private let surroundings: Conversation.Surroundings
  private let verify: Verifier
  private var queue = FairQueue(at: .now)
  /// Messages that have come since the last connection, of which some may be withdrawn by others that still come.
  private var early: [Ticket] = []
  private var isCurrent = false
  private var isWorking = false
  private var workTimer: Timer?
  private var underWay = 0
  private var conversations: [MessageKey: Conversation] = [:]
  /// The messages that msgd knows, by its ids.
  private var known: [UInt64: MessageKey] = [:]
  /// Messages that their senders have taken back, whether they have come or not, and by what.
  private var withdrawn: [MessageKey: (by: MessageKey, fleet: FleetName)] = [:]
  private var poll: Timer?
  private var cleaning: Timer?

  private var logger: Logger { surroundings.logger }

  init(
    admission: Admission, inbox: Inbox, service: MessageService, surroundings: Conversation.Surroundings,
    verify: @escaping Verifier
  ) {
    self.admission = admission
    self.inbox = inbox
    self.service = service
    self.surroundings = surroundings
    self.verify = verify
  }

  // MARK: - What an earlier service has left

  /// Goes on with what an earlier service has left on the disk.
  func resume(_ content: RecordFolder.Content) {
    for (key, reason) in content.damaged { logger.error("the message \(key) is not shown: its file: \(reason)") }
    for record in content.records { resume(record) }
    service.followChanges { [weak self] in self?.note($1, of: $0) }
    service.followDepartures { [weak self] in self?.serviceLeft() }
    pollIfNeeded(after: .zero)
    clean()
  }

  private func resume(_ record: MessageRecord) {
    switch record.stage {
    case .stored:
      guard let payload = record.original?.payload,
        let envelope = try? Envelope(jsonText: Array(payload.utf8))
      else { return inbox.forget(record.key) }
      early.append(Ticket(envelope))
    case .sending:
      logger.warning("the message \(record.key) may have been shown: this service was killed meanwhile")
      converse(record).tell(
        .init(
          stage: .unknown, error: MessengerError(.failed, "msg-relay ended while it gave the message to msgd"),
          isFinal: true))
    case .sent:
      let conversation = converse(record)
      conversation.isInherited = true
      if let id = record.serviceID { known[id] = record.key }
    case .done:
      if let id = record.withdraws, record.receipt?.isWithdrawalNoted ?? false {
        withdrawn[MessageKey(id: id, sender: record.sender)] = (record.key, record.fleet)
      }
      if !record.isConfirmed { _ = converse(record) }
    }
  }

  // MARK: - The queue

  /// Takes a message that is on the disk.
  func add(_ ticket: Ticket) {
    if cleaning == nil { clean() }
    guard isCurrent else { return early.append(ticket) }
    queue.add(ticket)
    work()
  }

  /// All has come that waited at the broker.
  func becomeCurrent() {
    isCurrent = true
    for ticket in early { queue.add(ticket) }
    early = []
    for conversation in conversations.values { conversation.tellAgain() }
    work()
  }

  /// The connection is new, and more may wait at the broker.
  func becomeOutdated() { isCurrent = false }

  private func work() {
    guard !isWorking else { return }
    isWorking = true
    workTimer?.cancel()
    MainLoop.task { await self.workThrough() }
  }

  private func workThrough() async {
    defer { isWorking = false }
    while underWay < Self.mostUnderWay {
      switch queue.next(at: .now) {
      case .ticket(let ticket): await handle(ticket)
      case .wait(let duration):
        workTimer = Timer(at: .after(duration)) { [weak self] in self?.work() }
        return
      case .nothing:
        MallocTrimmer.trimWhenQuiet()
        return
      }
    }
  }

  private func handle(_ ticket: Ticket) async {
    let (folder, verify) = (surroundings.folder, verify)
    let record: MessageRecord
    let message: Result<FleetMessage, JSONError>
    do {
      (record, message) = try await MainLoop.blocking(deadline: .never) {
        let record = try folder.record(of: ticket.key)
        guard let original = record.original else { throw MessengerError(.failed, "its text is missing") }
        try verify(original, record)
        return (record, Self.message(in: original))
      }
    } catch let error as SignatureError where !error.isVerdict {
      inbox.complain("the message \(ticket.key) waits: \(error)")
      return tryLater(ticket)
    } catch {
      inbox.complain("the message \(ticket.key) is not shown: \(error)")
      try? await MainLoop.blocking(deadline: .never) { try folder.remove(ticket.key) }
      return inbox.forget(ticket.key)
    }
    inbox.settle(ticket.key)
    let conversation = converse(record)
    switch message {
    case .success(let message): await act(on: message, conversation)
    case .failure(let error):
      let text = "\(surroundings.machine) doesn't understand it: \(error)"
      conversation.tell(.init(stage: .refused, error: MessengerError(.invalidArgument, text), isFinal: true))
    }
  }

  /// Looks at a message again after a while: its signature can't be checked now, for want of a process or a file. It
  /// ends with its time.
  private func tryLater(_ ticket: Ticket) {
    _ = Timer(at: .after(Self.retryDelay)) { [weak self] in
      self?.queue.add(ticket)
      self?.work()
    }
  }

  private nonisolated static func message(in original: MessageRecord.Original) -> Result<FleetMessage, JSONError> {
    Result { () throws(JSONError) in try FleetMessage(jsonText: original.payload.utf8) }
  }

  private func converse(_ record: MessageRecord) -> Conversation {
    let conversation = Conversation(record, surroundings)
    conversations[record.key] = conversation
    conversation.onEnd = { [weak self] in
      self?.conversations[record.key] = nil
      if let id = conversation.record.serviceID { self?.known[id] = nil }
    }
    return conversation
  }

  // MARK: - What is asked

  private func act(on message: FleetMessage, _ conversation: Conversation) async {
    if let refusal = admission.refusal(of: message, at: surroundings.now()) ?? refusalAsForgotten(conversation) {
      logger.notice("the message \(conversation.key) is refused: \(refusal)")
      return conversation.tell(.init(stage: .refused, error: refusal, isFinal: true))
    }
    switch message.request {
    case .send(let recipients, let body, let options):
      var options = options.delivered(of: message, at: surroundings.now())
      options.origin = "\(message.sender)@\(message.fleet)"
      await send(DesktopMessage(recipients: recipients, body: body, options: options), conversation)
    case .withdraw(let id): await withdraw(MessageKey(id: id, sender: message.sender), message.fleet, conversation)
    case .status(let id): await tellStatus(of: MessageKey(id: id, sender: message.sender), message.fleet, conversation)
    case .sessions: await listSessions(conversation)
    }
  }

  private func refusalAsForgotten(_ conversation: Conversation) -> MessengerError? {
    guard inbox.mayHaveForgotten(conversation.record) else { return nil }
    return MessengerError(
      .failed,
      "\(surroundings.machine) may have shown it already: it was sent before messages that are forgotten there, because "
        + "they are over; is a clock wrong?")
  }

  private func send(_ message: DesktopMessage, _ conversation: Conversation) async {
    if withdrawn[conversation.key]?.fleet == conversation.record.fleet {
      return conversation.tell(
        .init(stage: .done, deliveries: message.recipients.map(Delivery.init(unseenBy:)), isFinal: true))
    }
    do { try await conversation.note(.sending) } catch {
      return conversation.tell(
        .init(stage: .refused, error: MessengerError(.failed, "it can't be kept: \(error)"), isFinal: true))
    }
    underWay += 1
    MainLoop.task {
      await self.call(message, conversation)
      self.underWay -= 1
      self.work()
    }
  }

  private func call(_ message: DesktopMessage, _ conversation: Conversation) async {
    let timer = Timer(at: .after(Self.receivedDelay)) { conversation.tell(.init(stage: .received)) }
    defer { timer.cancel() }
    do {
      let (id, _) = try await service.send(message) { id, deliveries in
        conversation.deliveries = KnownDeliveries(deliveries)
        self.known[id] = conversation.key
      }
      try? await conversation.note(.sent, serviceID: id)
      logger.info("the message \(conversation.key) is msgd's \(id)")
      if conversation.isWithdrawn { try? await service.withdraw(id) }
      conversation.tellDeliveries()
    } catch {
      let failure = SendFailure(error)
      logger.notice("the message \(conversation.key) was not sent: \(failure.error)")
      conversation.tell(.init(stage: failure.stage, error: failure.error, isFinal: true))
    }
  }

  private func withdraw(_ key: MessageKey, _ fleet: FleetName, _ request: Conversation) async {
    withdrawn[key] = (request.key, fleet)
    do {
      try await takeBack(key, fleet)
      request.tell(.init(stage: .done, isFinal: true))
    } catch {
      request.tell(.init(stage: .refused, error: SendFailure(error).error, isFinal: true))
    }
  }

  /// Takes a message back, wherever it is. One that has yet to be looked at is not shown then.
  ///
  /// - Throws: a `MessengerError` if there is nothing to take back, or nobody knows how to.
  private func takeBack(_ key: MessageKey, _ fleet: FleetName) async throws {
    if let conversation = conversations[key], conversation.record.fleet == fleet, !conversation.isOver {
      conversation.isWithdrawn = true
      if let id = conversation.record.serviceID { try await service.withdraw(id) }
      return
    }
    let record = try await record(of: key, fleet)
    guard record.stage != .stored else { return }
    if record.receipt?.stage == .unknown {
      throw MessengerError(.failed, "nobody knows whether it is shown: msgd or msg-relay ended meanwhile")
    }
    throw MessengerError(.noSuchMessage, "the message \(key.id) has ended on \(surroundings.machine)")
  }

  /// What the disk says of a message of a fleet.
  ///
  /// - Throws: `NoSuchMessage`.
  private func record(of key: MessageKey, _ fleet: FleetName) async throws -> MessageRecord {
    let folder = surroundings.folder
    var record = conversations[key]?.record
    if record == nil, inbox.knows(key) {
      record = try? await MainLoop.blocking(deadline: .never) { try folder.record(of: key) }
    }
    guard let record, record.fleet == fleet else {
      throw MessengerError(.noSuchMessage, "\(surroundings.machine) doesn't know the message \(key.id)")
    }
    return record
  }

  /// Tells the sender of a message again what became of it, with the message's own last receipt: the broker may have
  /// lost that. The answer to the question says the same.
  private func tellStatus(of key: MessageKey, _ fleet: FleetName, _ request: Conversation) async {
    do {
      let record = try await record(of: key, fleet)
      Conversation.publish(record, surroundings)
      let receipt = record.receipt
      request.tell(
        .init(
          stage: receipt?.stage ?? .received, deliveries: receipt?.deliveries ?? [], error: receipt?.error,
          isFinal: true))
    } catch {
      request.tell(.init(stage: .refused, error: SendFailure(error).error, isFinal: true))
    }
  }

  private func listSessions(_ request: Conversation) async {
    do {
      request.tell(.init(stage: .done, sessions: try await service.sessions(), isFinal: true))
    } catch {
      request.tell(.init(stage: .refused, error: SendFailure(error).error, isFinal: true))
    }
  }

  // MARK: - What becomes of it

  private func note(_ changes: [Delivery], of id: UInt64) {
    guard let key = known[id], let conversation = conversations[key] else { return }
    conversation.deliveries.note(changes)
    if conversation.record.stage == .sent { conversation.tellDeliveries() }
  }

  /// msgd has left. It has told what became of its popups before; if it was killed, nobody knows. It keeps what it
  /// holds, and what users have put off, and tells nobody of it.
  private func serviceLeft() {
    for conversation in conversations.values where conversation.record.stage == .sent && !conversation.isOver {
      conversation.isInherited = true
    }
    pollIfNeeded(after: .zero)
  }

  private func pollIfNeeded(after delay: Duration) {
    poll?.cancel()
    guard conversations.values.contains(where: { $0.isInherited && !$0.isOver }) else { return }
    poll = Timer(at: .after(delay)) { [weak self] in
      MainLoop.task { await self?.pollAll() }
    }
  }

  private func pollAll() async {
    for conversation in conversations.values where conversation.isInherited && !conversation.isOver {
      await ask(conversation)
    }
    pollIfNeeded(after: Self.pollDelay)
  }

  private func ask(_ conversation: Conversation) async {
    guard let id = conversation.record.serviceID else { return }
    do {
      let deliveries = KnownDeliveries(try await service.deliveries(of: id))
      guard deliveries != conversation.deliveries || deliveries.isFinal else { return }
      conversation.deliveries = deliveries
      conversation.tellDeliveries()
    } catch let error as MessengerError where error.code == .noSuchMessage {
      conversation.tell(
        .init(
          stage: .unknown, deliveries: conversation.deliveries.all,
          error: MessengerError(.failed, "msgd or msg-relay ended while the message was shown"), isFinal: true))
    } catch {
      logger.warning("msgd says nothing of the message \(conversation.key): \(error)")
    }
  }

  // MARK: - What is over

  /// Forgets messages that are long over, now and every hour as long as there are any.
  private func clean() {
    let (folder, logger) = (surroundings.folder, logger)
    let outlived = Set(inbox.outlived())
    withdrawn = withdrawn.filter { !outlived.contains($0.value.by) }
    let over = outlived.filter { conversations[$0]?.isOver ?? true }
    if !over.isEmpty {
      for key in over { conversations[key] = nil }
      let forgotten = inbox.forget(outlived: over)
      MainLoop.task {
        do {
          try await MainLoop.blocking(deadline: .never) {
            try folder.write(forgotten)
            for key in over { try folder.remove(key) }
          }
        } catch { logger.warning("messages that are over are still on the disk: \(error)") }
      }
    }
    cleaning = inbox.isEmpty ? nil : Timer(at: .after(.seconds(Inbox.memory))) { [weak self] in self?.clean() }
  }
}

extension MachineReceipt {
  /// Whether a withdrawal counts whose receipt this is. It does for a message that has not come yet, too.
  fileprivate var isWithdrawalNoted: Bool { stage == .done || error?.code == .noSuchMessage }
}

extension Delivery {
  /// That a recipient never saw a message, because it was withdrawn before.
  fileprivate init(unseenBy recipient: String) {
    self.init(sessionID: "", userName: recipient, uid: Messenger.noUID, state: .withdrawn)
  }
}
