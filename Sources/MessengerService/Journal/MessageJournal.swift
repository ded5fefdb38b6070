internal import GBus
internal import Logging
internal import MessengerContract

/// Writes to the journal who sends messages to whom, and how their deliveries end. It never writes what the messages
/// say.
@MainLoop
final class MessageJournal {
  /// How long a caller's further refusals are only counted after one was written.
  private static let summaryDelay: Duration = .seconds(10)
  /// How long a sender's answer waits for the sender's unit to be known.
  private static let identificationTimeout: Duration = .milliseconds(100)

  private let logger: Logger
  private let units: UnitDirectory
  /// The messages whose senders' units are being asked for, each with the records to be written after the message's
  /// own.
  private var pending: [UInt64: (record: Task<Void, Never>, following: [@MainLoop () -> Void])] = [:]
  private var refusals: [UInt32: Int] = [:]
  /// The final deliveries of messages that are not final, by the messages' ids.
  private var finals: [UInt64: FinalDeliveries] = [:]

  /// - Parameters:
  ///   - logger: writes the records.
  ///   - units: finds the senders' units.
  init(logger: Logger, units: UnitDirectory) {
    self.logger = logger
    self.units = units
  }

  /// Records that a message was accepted. The record is written when the sender's unit is known, before all other
  /// records of the message.
  ///
  /// - Parameters:
  ///   - message: the message.
  ///   - recipients: as the sender wrote them.
  ///   - origin: on whose behalf it was sent; `nil`: the sender's own.
  func accepted(_ message: Message, to recipients: [String], onBehalfOf origin: String? = nil) {
    let sessions = message.deliveries.count { !$0.sessionID.isEmpty }
    let held = message.deliveries.count { $0.sessionID.isEmpty && $0.state == .held }
    let text =
      "message \(message.id) from uid \(message.sender.uid)\(origin.map { " for \($0)" } ?? "") "
      + "to \(Enumeration(recipients)): \(sessions) sessions" + (held > 0 ? ", held for \(held)" : "")
    var fields: [JournalField: Logger.MetadataValue] = [.id: "\(message.id)", .recipient: .list(recipients)]
    fields[.origin] = origin.map { "\($0)" }
    let record = MainLoop.task { [fields] in
      let sender = await self.describe(message.sender)
      self.write(
        .accepted, text, fields.merging(sender) { $1 })
      for write in self.pending.removeValue(forKey: message.id)?.following ?? [] { write() }
    }
    pending[message.id] = (record, [])
    unreached(message.deliveries.filter { $0.sessionID.isEmpty && $0.state == .failed }, of: message)
  }

  /// Records that the sender has changed a message's text.
  func updated(_ message: Message) {
    let fields: [JournalField: Logger.MetadataValue] = [.id: "\(message.id)", .senderUID: "\(message.sender.uid)"]
    follow(message) { self.write(.updated, "message \(message.id): its sender has changed its text", fields) }
  }

  /// Records the recipients without a session in a single record. With a record for each, a sender could fill the
  /// journal.
  private func unreached(_ deliveries: [Delivery], of message: Message) {
    guard !deliveries.isEmpty else { return }
    let recipients = deliveries.map(\.userName)
    let errors = deliveries.compactMap(\.details.error)
    let codes = errors.map(\.code).unique
    let reason =
      switch codes {
      case _ where Set(errors.map(\.message)).count == 1: errors[0].message
      case [.noSuchRecipient]: "they do not exist or are disconnected"
      default: "they do not exist, are disconnected or are on no desktop"
      }
    let fields: [JournalField: Logger.MetadataValue] = [
      .error: .list(codes.map(\.busName)), .id: "\(message.id)", .recipient: .list(recipients),
      .senderUID: "\(message.sender.uid)", .state: "\(DeliveryState.failed.rawValue)",
    ]
    follow(message) {
      self.write(.unreached, "message \(message.id) to \(Enumeration(recipients)): failed: \(reason)", fields)
    }
  }

  /// Returns when a message's sender is known, or after a time limit. A sender who has an answer may end, and then
  /// nobody can say which unit it belonged to.
  func identified(senderOf message: Message) async {
    _ = try? await pending[message.id]?.record.value(by: .after(Self.identificationTimeout))
  }

  /// Records that a delivery is final. A user's first sessions have a record each. Further sessions share one, which is
  /// written when the message is final.
  func ended(_ delivery: Delivery, of message: Message) {
    if finals[message.id, default: FinalDeliveries()].add(delivery) { record(delivery, of: message) }
    guard message.isFinal else { return }
    for others in finals.removeValue(forKey: message.id)?.others ?? [] { record(others, of: message) }
  }

  private func record(_ others: FinalDeliveries.Others, of message: Message) {
    let text =
      "message \(message.id) to \(others.userName), \(others.count) more sessions: "
      + "\(Enumeration(others.states))"
    let fields: [JournalField: Logger.MetadataValue] = [
      .id: "\(message.id)", .senderUID: "\(message.sender.uid)", .state: .list(others.states), .uid: "\(others.uid)",
      .user: "\(others.userName)",
    ]
    follow(message) { self.write(.final, text, fields) }
  }

  private func record(_ delivery: Delivery, of message: Message) {
    let reason = delivery.details.error.map { ": \($0.message)" } ?? ""
    let session = delivery.sessionID.isEmpty ? "" : ", session \(delivery.sessionID)"
    let text = "message \(message.id) to \(delivery.userName)\(session): \(delivery.state.rawValue)\(reason)"
    var fields: [JournalField: Logger.MetadataValue] = [
      .elapsed: "\(Int64((delivery.details.elapsed ?? 0) * 1_000_000))", .id: "\(message.id)",
      .senderUID: "\(message.sender.uid)", .session: "\(delivery.sessionID)", .state: "\(delivery.state.rawValue)",
      .uid: "\(delivery.uid)", .user: "\(delivery.userName)",
    ]
    fields[.error] = delivery.details.error.map { "\($0.code.busName)" }
    follow(message) { [fields] in self.write(.final, text, fields) }
  }

  /// Writes a record after that of the message itself.
  private func follow(_ message: Message, _ write: @escaping @MainLoop () -> Void) {
    if pending[message.id] != nil { pending[message.id]?.following.append(write) } else { write() }
  }

  /// Records a refused call, if the caller lacked permission or exceeded a limit. Repeated refusals are only counted,
  /// because callers must not be able to fill the journal.
  func refused(_ caller: Caller, _ error: any Error) {
    guard let error = error as? MessengerError, [.notAuthorized, .limitExceeded].contains(error.code) else { return }
    guard refusals[caller.uid] == nil else {
      refusals[caller.uid]? += 1
      return
    }
    refusals[caller.uid] = 0
    var fields: [JournalField: Logger.MetadataValue] = [
      .error: "\(error.code.busName)", .senderUID: "\(caller.uid)",
    ]
    fields[.senderPID] = caller.pid.map { "\($0)" }
    write(.refused, "refused uid \(caller.uid): \(error.message)", fields, level: .notice)
    _ = Timer(at: .after(Self.summaryDelay)) { self.tellCount(of: caller.uid) }
  }

  /// Returns when everything is written that was recorded so far.
  func flush() async {
    for (record, _) in pending.values { await record.value }
    for uid in refusals.keys { tellCount(of: uid) }
  }

  private func tellCount(of uid: UInt32) {
    guard let count = refusals.removeValue(forKey: uid), count > 0 else { return }
    write(
      .refused, "refused uid \(uid) \(count) more times in \(Self.summaryDelay.components.seconds) seconds",
      [.senderUID: "\(uid)"], level: .notice)
  }

  private func describe(_ caller: Caller) async -> [JournalField: Logger.MetadataValue] {
    var fields: [JournalField: Logger.MetadataValue] = [.senderUID: "\(caller.uid)"]
    fields[.senderPID] = caller.pid.map { "\($0)" }
    fields[.senderUnit] = await units.unit(of: caller).map { "\($0)" }
    return fields
  }

  private func write(
    _ record: JournalRecord, _ text: String, _ fields: [JournalField: Logger.MetadataValue],
    level: Logger.Level = .info
  ) {
    var metadata = Logger.Metadata(uniqueKeysWithValues: fields.map { ($0.key.rawValue, $0.value) })
    metadata[JournalField.messageID.rawValue] = "\(record.rawValue)"
    logger.log(level: level, "\(text)", metadata: metadata)
  }
}

extension Logger.MetadataValue {
  fileprivate static func list(_ texts: [String]) -> Logger.MetadataValue { .array(texts.map { .string($0) }) }
}
