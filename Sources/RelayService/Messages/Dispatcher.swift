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
  /// How long it takes until a signature that could not be checked is looked at again.
  private static let retryDelay: Duration = .seconds(5)

  /// Checks a payload's signature; throws if it isn't valid.
  typealias Verifier = @Sendable (_ original: MessageRecord.Original, _ record: MessageRecord) throws -> Void

  let admission: Admission
  let inbox: Inbox
  let service: MessageService
  let surroundings: Conversation.Surroundings
  private let verify: Verifier
  private var queue = FairQueue(at: .now)
  /// Messages that have come since the last connection, of which some may be withdrawn by others that still come.
  private var early: [Ticket] = []
  private var isCurrent = false
  private var isWorking = false
  private var workTimer: Timer?
  private var standstill = Standstill()
  /// Messages whose signatures could not be checked.
  private var hindered: [Ticket] = []
  private var retry: Timer?
  var underWay = 0
  var conversations: [MessageKey: Conversation] = [:]
  /// The messages that msgd knows, by its ids.
  var known: [UInt64: MessageKey] = [:]
  /// Messages that their senders have taken back, whether they have come or not, and by what.
  var withdrawn: [MessageKey: (by: MessageKey, fleet: FleetName)] = [:]
  var poll: Timer?
  private var cleaning: Timer?

  /// Called when the machine has slept, so that the broker may have gone on.
  var onStandstill: (@MainLoop () -> Void)?

  var logger: Logger { surroundings.logger }

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
    if let reason = content.forgottenDamage { logger.error("it isn't known which messages are forgotten: \(reason)") }
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
  ///
  /// - Parameter hasSession: whether the broker has kept what it had taken from this machine.
  func becomeCurrent(hasSession: Bool) {
    isCurrent = true
    for ticket in early { queue.add(ticket) }
    early = []
    for conversation in conversations.values { conversation.tellAgain() }
    if !hasSession { MainLoop.task { await self.tellAllAgain() } }
    work()
  }

  /// Publishes the last receipts of all messages that have not expired: their senders may still wait for them.
  private func tellAllAgain() async {
    let (folder, keys) = (surroundings.folder, inbox.current())
    let records = try? await MainLoop.blocking(deadline: .never) { keys.compactMap { try? folder.record(of: $0) } }
    for record in records ?? [] where conversations[record.key]?.record.isConfirmed ?? true {
      Conversation.publish(record, surroundings)
    }
  }

  /// More may wait at the broker, such as the withdrawal of a message that waits here.
  func becomeOutdated() { isCurrent = false }

  /// Takes the next messages, if there are any.
  func work(due: Deadline? = nil) {
    guard !isWorking else { return }
    if standstill.happened(since: due), isCurrent {
      becomeOutdated()
      onStandstill?()
    }
    isWorking = true
    workTimer?.cancel()
    MainLoop.task { await self.workThrough() }
  }

  private func workThrough() async {
    defer { isWorking = false }
    while isCurrent, underWay < Self.mostUnderWay {
      switch queue.next(at: .now) {
      case .ticket(let ticket): await handle(ticket)
      case .wait(let duration):
        let due = Deadline.after(duration)
        workTimer = Timer(at: due) { [weak self] in self?.work(due: due) }
        return
      case .nothing:
        IdleMemory.releaseWhenQuiet()
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
    } catch let error as SignatureError where !error.isVerdict && !inbox.isOver(ticket.key) {
      inbox.complain("the message \(ticket.key) waits: \(error)")
      return tryLater(ticket)
    } catch {
      inbox.complain("the message \(ticket.key) is not shown: \(error)")
      try? await MainLoop.blocking(deadline: .never) { try folder.remove(ticket.key) }
      tryNext()
      return inbox.forget(ticket.key)
    }
    tryNext()
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
  /// ends with its time. Of many such messages one is tried, and the others once that one could be checked.
  private func tryLater(_ ticket: Ticket) {
    hindered.append(ticket)
    guard retry == nil else { return }
    retry = Timer(at: .after(Self.retryDelay)) { [weak self] in
      self?.retry = nil
      self?.tryNext()
    }
  }

  private func tryNext() {
    guard !hindered.isEmpty else { return }
    queue.add(hindered.removeFirst())
    work()
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
      IdleMemory.releaseWhenQuiet()
    }
    return conversation
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
