internal import FleetContract
internal import Glibc
internal import Logging
internal import MQTT
internal import Platform
internal import Synchronization

/// Takes messages from the broker's thread to the disk, and knows all that are there. May be used on any thread.
///
/// The broker is told that a message has come when ``take(_:)`` has returned. So if the disk takes nothing, it doesn't
/// return, not even when the service ends: then the broker keeps the message, and takes this machine for gone, which is
/// true.
final class Inbox: Sendable {
  /// How long it takes until the disk is tried again.
  private static let retryDelay: UInt32 = 2
  /// How long after its expiry a message is remembered, in seconds: as long as its receipts stay with the broker.
  static let memory: Int64 = 3600

  private let admission: Admission
  private let folder: RecordFolder
  private let logger: Logger
  private let now: @Sendable () -> Int64
  private let state: Mutex<State>

  private struct Entry {
    let sent: Int64
    let expires: Int64
    /// The size of a message that waits; `nil` if it waits no more.
    var bytes: Int?
  }

  private struct State {
    var entries: [MessageKey: Entry] = [:]
    var forgotten: ForgottenMessages
    var limits = InboxLimits()
    /// How many complaints are logged.
    var complaints = TokenBucket(perMinute: 12, burst: 12, at: .now)
  }

  /// Makes an inbox that knows what an earlier service has left on the disk.
  ///
  /// - Parameters:
  ///   - content: what is on the disk.
  ///   - folder: the folder.
  ///   - admission: what counts.
  ///   - logger: receives complaints.
  ///   - now: the time, in seconds since 1970.
  init(
    _ content: RecordFolder.Content, in folder: RecordFolder, admission: Admission, logger: Logger,
    now: @escaping @Sendable () -> Int64
  ) {
    (self.folder, self.admission, self.logger, self.now) = (folder, admission, logger, now)
    var state = State(forgotten: content.forgotten)
    for record in content.records {
      let bytes = record.original?.payload.utf8.count
      state.entries[record.key] = Entry(sent: record.sent, expires: record.expires, bytes: bytes)
      state.limits.restore(record.sender, bytes: bytes)
    }
    // When they expire isn't known, but that they do.
    for (key, _) in content.damaged {
      state.entries[key] = Entry(sent: 0, expires: now() + FleetMessage.longestLife, bytes: nil)
      state.limits.restore(key.sender, bytes: nil)
    }
    self.state = Mutex(state)
  }

  /// Takes a message. It is on the disk when this returns.
  ///
  /// - Returns: its place in the queue; `nil` if it doesn't count, or is there already.
  func take(_ incoming: IncomingMessage) -> Ticket? {
    let (envelope, original): (Envelope, MessageRecord.Original)
    do throws(Admission.Rejection) { (envelope, original) = try admission.read(incoming) } catch {
      complain("a message on \(incoming.topic) doesn't count: \(error)")
      return nil
    }
    let record = MessageRecord(envelope, original, at: now())
    guard reserve(record, bytes: incoming.payload.count) else { return nil }
    var trouble: String?
    while true {
      do {
        try folder.write(record)
        return Ticket(envelope)
      } catch {
        if trouble != "\(error)" { logger.error("a message waits at the broker: \(error)") }
        trouble = "\(error)"
        sleep(Self.retryDelay)
      }
    }
  }

  private func reserve(_ record: MessageRecord, bytes: Int) -> Bool {
    let refusal: String? = state.withLock { state in
      // The broker sends again what it isn't sure of.
      if state.entries[record.key] != nil { return "" }
      if let refusal = state.limits.add(record.sender, bytes: bytes) { return refusal }
      state.entries[record.key] = Entry(sent: record.sent, expires: record.expires, bytes: bytes)
      return nil
    }
    if let refusal, !refusal.isEmpty { complain("the message \(record.key) is dropped: \(refusal)") }
    return refusal == nil
  }

  /// Logs something that strangers can cause as often as they like.
  func complain(_ text: String) {
    if state.withLock({ $0.complaints.take(at: .now) }) == nil { logger.warning("\(text)") }
  }

  /// Notes that a message waits no more. Its id stays.
  func settle(_ key: MessageKey) {
    state.withLock { state in
      guard let bytes = state.entries[key]?.bytes else { return }
      state.entries[key]?.bytes = nil
      state.limits.settle(key.sender, bytes: bytes)
    }
  }

  /// Forgets a message that was never one, or that is over.
  func forget(_ key: MessageKey) {
    settle(key)
    state.withLock { state in
      if state.entries.removeValue(forKey: key) != nil { state.limits.forget(key.sender) }
    }
  }

  /// Whether a message is on the disk.
  func knows(_ key: MessageKey) -> Bool { state.withLock { $0.entries[key] != nil } }

  /// Forgets messages that are over.
  ///
  /// - Returns: what is forgotten now, for the disk.
  func forget(outlived keys: some Sequence<MessageKey>) -> ForgottenMessages {
    state.withLock { state in
      for key in keys {
        // Nobody has checked who has sent one that still waits.
        guard let entry = state.entries[key], entry.bytes == nil else { continue }
        state.forgotten.note(key.sender, sent: entry.sent)
      }
    }
    for key in keys { forget(key) }
    return state.withLock(\.forgotten)
  }

  /// Whether a message may have come before and be forgotten.
  func mayHaveForgotten(_ record: MessageRecord) -> Bool {
    state.withLock { $0.forgotten.mayHold(record.sender, sent: record.sent) }
  }

  /// The messages that may be forgotten, because nobody could send them again.
  func outlived() -> [MessageKey] {
    let past = now() - Self.memory
    return state.withLock { state in state.entries.filter { $0.value.expires < past }.map(\.key) }
  }

  /// The messages that have not expired, and don't wait any more.
  func current() -> [MessageKey] {
    let now = now()
    return state.withLock { state in
      state.entries.filter { $0.value.expires > now && $0.value.bytes == nil }.map(\.key)
    }
  }

  /// Whether a message has expired.
  func isOver(_ key: MessageKey) -> Bool { state.withLock { $0.entries[key].map { $0.expires <= now() } ?? true } }

  /// Whether nothing is on the disk.
  var isEmpty: Bool { state.withLock { $0.entries.isEmpty } }
}
