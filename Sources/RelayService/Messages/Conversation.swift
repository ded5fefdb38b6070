internal import FleetContract
internal import GBus
internal import Logging
internal import MQTT
internal import MessengerContract
internal import PlainJSON

/// What is said to the sender of one message, until the broker has the last of it.
@MainLoop
final class Conversation {
  /// The shortest time between two receipts.
  private static let receiptDelay: Duration = .milliseconds(100)

  /// What a receipt says.
  struct News: Equatable {
    var stage: MachineReceipt.Stage
    var deliveries: [Delivery] = []
    var sessions: [Session] = []
    var error: MessengerError?
    var isFinal = false
  }

  /// What receipts need besides the message.
  struct Surroundings {
    let machine: FleetName
    let folder: RecordFolder
    let broker: BrokerLink
    let logger: Logger
    /// The time, in seconds since 1970.
    let now: @Sendable () -> Int64
  }

  private(set) var record: MessageRecord
  /// What msgd has told.
  var deliveries: KnownDeliveries
  /// Whether the sender has taken it back while msgd was being called.
  var isWithdrawn = false
  /// Whether msgd tells changes of it to somebody else: it was sent before this service started.
  var isInherited = false
  /// Called once, when the broker has the last receipt.
  var onEnd: (@MainLoop () -> Void)?

  private let surroundings: Surroundings
  private var news: News?
  private var isTelling = false
  private var lastTime: Deadline?
  private var saving: Task<Void, any Error>?

  init(_ record: MessageRecord, _ surroundings: Surroundings) {
    self.record = record
    self.surroundings = surroundings
    deliveries = KnownDeliveries(record.receipt?.deliveries ?? [])
  }

  var key: MessageKey { record.key }

  /// Whether the last receipt is on its way.
  var isOver: Bool { record.stage == .done || news?.isFinal ?? false }

  /// Notes how far the message has come. It is on the disk when this returns.
  ///
  /// - Throws: if the disk doesn't take it.
  func note(_ stage: MessageRecord.Stage, serviceID: UInt64? = nil) async throws {
    record.begin(stage)
    if let serviceID { record.serviceID = serviceID }
    try await save()
  }

  /// Tells the sender what has become of the message. Only the last of what comes within a tenth of a second is told;
  /// nothing is told after the last receipt.
  func tell(_ news: News) {
    guard !isOver else { return }
    self.news = news
    guard !isTelling else { return }
    isTelling = true
    MainLoop.task {
      await self.tellAll()
      self.isTelling = false
    }
  }

  /// Tells what msgd has told.
  func tellDeliveries() {
    tell(News(stage: .sent, deliveries: deliveries.all, isFinal: deliveries.isFinal))
  }

  /// Publishes the last receipt again, if the broker may not have it.
  func tellAgain() {
    if record.receipt != nil, !record.isConfirmed { publish() }
  }

  private func tellAll() async {
    while news != nil {
      if let lastTime, news?.isFinal == false {
        try? await MainLoop.sleep(until: lastTime + Self.receiptDelay)
      }
      guard let news else { return }
      lastTime = .now
      record.receipt = MachineReceipt(
        id: record.id, at: surroundings.now(), number: (record.receipt?.number ?? -1) + 1, stage: news.stage,
        deliveries: news.deliveries, sessions: news.sessions, error: news.error, isFinal: news.isFinal)
      record.isConfirmed = false
      if news.isFinal { record.begin(.done) }
      self.news = self.news == news ? nil : self.news
      do { try await save() } catch { surroundings.logger.error("a receipt may be lost after a crash: \(error)") }
      publish()
    }
  }

  private func publish() {
    guard let number = record.receipt?.number else { return }
    Self.publish(record, surroundings) { [weak self] in self?.confirm(number) }
  }

  /// Publishes the last receipt of a message.
  ///
  /// - Parameters:
  ///   - record: the message.
  ///   - surroundings: the broker, and the rest.
  ///   - done: called when the broker has it.
  static func publish(
    _ record: MessageRecord, _ surroundings: Surroundings, done: @escaping @MainLoop () -> Void = {}
  ) {
    guard let receipt = record.receipt else { return }
    let topic = Topic.receipt(sender: record.sender, id: record.id, machine: surroundings.machine)
    let left = max(record.expires - surroundings.now(), Inbox.memory)
    surroundings.broker.publish(
      Publication(topic: topic.path, payload: receipt.jsonText, expiry: UInt32(clamping: left)), done: done)
  }

  private func confirm(_ number: Int) {
    guard record.receipt?.number == number, !record.isConfirmed else { return }
    record.isConfirmed = true
    guard record.stage == .done else { return }
    MainLoop.task {
      try? await self.save()
      self.onEnd?()
      self.onEnd = nil
    }
  }

  /// Writes the record as it is when all former writes are done: a later one must not be overtaken.
  private func save() async throws {
    let (former, folder) = (saving, surroundings.folder)
    let task = MainLoop.task {
      _ = await former?.result
      let record = self.record
      try await MainLoop.blocking(deadline: .never) { try folder.write(record) }
    }
    saving = task
    try await task.value
  }
}
