internal import GBus
internal import Logging
internal import MessengerContract

/// The messages that are held until their users come, each on the disk until its delivery is final or put off. In
/// memory there is only what finds them; a message is read when somebody comes for it, or asks about it.
///
/// The files belong to the process that owns msgd's name.
@MainLoop
final class HeldMessages {
  /// Called with the ids of messages whose time is over.
  var onExpired: (@MainLoop ([UInt64]) -> Void)?
  /// The largest id that was found on the disk.
  private(set) var lastID: UInt64?

  private lazy var store = KeptMessageStore(folder: folder, timeout: timeout, logger: logger) { [weak self] entry in
    self?.kept(entry)
  }
  private let folder: HeldFolder
  private let timeout: Duration
  private let limits: Limits
  private let wallClock: WallClock
  private let logger: Logger
  private var entries: Set<HeldEntry> = []
  /// Those that are being kept for the first time. Nobody gets them before they are on the disk.
  private var unkept: Set<HeldEntry> = []
  /// Those that could not be read, and were told so.
  private var unreadable: Set<HeldEntry> = []
  /// Those of the messages that are in memory.
  private var messages: [UInt64: Message] = [:]
  private var timer: Timer?
  /// Whether it says which messages' time is over: see ``run()``.
  private(set) var isRunning = false

  /// How long the time of day may be wrong after the machine has slept or the clock was set.
  private static let checkDelay: Duration = .seconds(60)

  /// Makes a list that is empty until ``read(_:)``.
  ///
  /// - Parameters:
  ///   - folder: the folder that holds the messages.
  ///   - wallClock: the time of day. Ends go by it: the sender was promised a time, and the machine may be off until
  ///     then.
  ///   - settings: the limits, and how long the disk may take.
  ///   - logger: receives a line when something can't be kept or read.
  nonisolated init(folder: HeldFolder, wallClock: WallClock, settings: Settings, logger: Logger) {
    self.folder = folder
    self.wallClock = wallClock
    self.logger = logger
    timeout = settings.systemTimeout
    limits = settings.limits
  }

  /// Whether nothing is held. As long as the disk has not answered, something may be.
  var isEmpty: Bool { entries.isEmpty && !store.isReading }

  /// Whether a message is on its way to the disk.
  var isSaving: Bool { store.isBusy }

  /// All messages for their recipients, oldest first.
  var all: [HeldEntry] { entries.sorted { ($0.id, $0.recipient) < ($1.id, $1.recipient) } }

  /// The recipients, users and words for whoever comes, each once.
  func recipients(forMany: Bool) -> Set<String> {
    entries.reduce(into: []) { if $1.isForMany == forMany { $0.insert($1.recipient) } }
  }

  /// The ids of the messages for some recipients, oldest first.
  func ids(for recipients: Set<String>) -> [UInt64] {
    Set(entries.lazy.filter { recipients.contains($0.recipient) }.map(\.id)).sorted()
  }

  /// The entries of a message.
  func entries(of id: UInt64) -> [HeldEntry] {
    entries.filter { $0.id == id }.sorted { $0.recipient < $1.recipient }
  }

  // MARK: Keeping

  /// Checks whether a sender may have one more message held for some recipients. Root may have any number.
  ///
  /// - Throws: `LimitExceeded`, naming the limit; `InvalidArgument` if a word is too long for a file's name.
  func admit(_ caller: Caller, to recipients: [String]) throws {
    for recipient in recipients {
      let entry = HeldEntry(
        id: KeptMessage.largestID, until: KeptMessage.latestTime, sender: .max, recipient: recipient)
      guard entry.isNameable else {
        throw MessengerError(.invalidArgument, "\(recipient) is too long to hold a message for")
      }
    }
    guard !caller.isRoot else { return }
    let own = entries.union(unkept).filter { $0.sender == caller.uid }
    guard own.count + recipients.count <= limits.heldMessagesPerSender else {
      throw Self.exceeded(
        "too many messages of yours are held: \(own.count) (HeldMessagesPerSender=\(limits.heldMessagesPerSender))")
    }
    for recipient in recipients {
      // All words that mean many count as one, because they may mean the same users.
      let isForMany = RecipientResolver.meansMany(recipient)
      let more = recipients.count { isForMany && RecipientResolver.meansMany($0) }
      let sent = own.count { $0.isForMany ? isForMany : $0.recipient == recipient } + max(1, more)
      guard sent <= limits.heldMessagesPerSenderAtRecipient else {
        throw Self.exceeded(
          "too many messages of yours are held for \(recipient) "
            + "(HeldMessagesPerSenderAtRecipient=\(limits.heldMessagesPerSenderAtRecipient))")
      }
      // Root's don't count, so that nobody misses a colleague's message for all that root has to say.
      guard
        entries.count(where: { $0.recipient == recipient && $0.sender != 0 }) < limits.heldMessagesPerRecipient
      else {
        throw Self.exceeded(
          "too many messages are held for \(recipient) (HeldMessagesPerRecipient=\(limits.heldMessagesPerRecipient))")
      }
    }
  }

  private static func exceeded(_ text: String) -> MessengerError {
    MessengerError(.limitExceeded, "\(text): see msg --held, and take some back with msg --withdraw")
  }

  /// Keeps a message for all for whom it is held. It is on the disk when this returns.
  ///
  /// - Throws: `Failed`, with the reason. Nothing is kept then.
  func keep(_ message: Message) async throws {
    guard let hold = message.hold else { return }
    let own = message.deliveries.filter { $0.state == .held }.map {
      HeldEntry(id: message.id, until: hold.until, sender: message.sender.uid, recipient: $0.userName)
    }
    messages[message.id] = message
    unkept.formUnion(own)
    do {
      for entry in own { try await store.save(entry) }
      unkept.subtract(own)
      entries.formUnion(own)
    } catch {
      unkept.subtract(own)
      messages[message.id] = nil
      for entry in own { store.saveSoon(entry) }
      throw error
    }
    schedule()
  }

  /// Notes that a message says something else.
  func noteChange(of message: Message, hasText: Bool) {
    for entry in entries(of: message.id) {
      if hasText { store.saveSoon(entry) } else { store.saveLater(entry) }
    }
  }

  /// Notes that a delivery has changed. What is final or put off isn't held any more.
  func noteChange(of message: Message, _ delivery: Delivery) {
    guard messages[message.id] != nil, delivery.state.isFinal || delivery.state == .deferred else { return }
    let own = entries.filter { $0.id == message.id }
    guard message.hold != nil else { return own.forEach(remove) }
    if let entry = own.first(where: { $0.recipient == delivery.userName }) { remove(entry) }
    // Whoever has had it doesn't get it once more as one of many.
    for entry in own where entry.isForMany && entries.contains(entry) { store.saveSoon(entry) }
  }

  private func remove(_ entry: HeldEntry) {
    entries.remove(entry)
    if entries(of: entry.id).isEmpty { messages[entry.id] = nil }
    store.saveSoon(entry)
    schedule()
  }

  // MARK: Ends

  /// Says from now on which messages' time is over.
  func run() {
    isRunning = true
    schedule()
  }

  /// Says that no more.
  func stop() {
    isRunning = false
    timer?.cancel()
  }

  private func schedule() {
    guard let next = entries.lazy.map(\.until).min() else { return schedule(after: nil) }
    let now = wallClock.milliseconds()
    schedule(after: .milliseconds(next * 1000 > now ? next * 1000 - now : 0))
  }

  private func schedule(after delay: Duration?) {
    timer?.cancel()
    guard isRunning, let delay else { return }
    timer = Timer(at: .after(min(delay, Self.checkDelay))) { [weak self] in self?.endOverdue() }
  }

  private func endOverdue() {
    let now = wallClock.seconds
    let over = Set(entries.filter { $0.until <= now }.map(\.id))
    guard !over.isEmpty else { return schedule() }
    // Those that a slow disk keeps are tried again.
    schedule(after: Self.checkDelay)
    onExpired?(over.sorted())
  }

  // MARK: The disk

  /// Finds what an earlier msgd has kept. If the disk takes too long for callers to wait, `takeLate` is called when it
  /// answers.
  func read(_ takeLate: @escaping @MainLoop () -> Void) async {
    let content = await store.read { content in
      self.take(content)
      takeLate()
    }
    content.map(take)
  }

  private func take(_ content: HeldFolder.Content) {
    for file in content.strange.sorted() { logger.error("\(folder.path)/\(file) is no held message") }
    entries.formUnion(content.entries)
    lastID = content.entries.lazy.map(\.id).max()
    schedule()
  }

  /// Reads a message from the disk.
  ///
  /// - Returns: the message for each of its recipients; none if there is no such message, or none that can be read.
  ///   That is logged once, and the files stay where they are.
  func load(_ id: UInt64) async -> [KeptMessage] {
    let own = entries(of: id)
    var files: [KeptMessage] = []
    for entry in own {
      do {
        files.append(try await MainLoop.blocking(deadline: .after(timeout)) { [folder] in try folder.message(entry) })
      } catch BusError.timedOut {
        logger.error("\(folder.path) does not answer: message \(entry) waits")
        return []
      } catch {
        if unreadable.insert(entry).inserted {
          logger.error("\(folder.path)/\(entry.fileName): \(error): it is not shown as long as that is so")
        }
        if entry.until <= wallClock.seconds { entries.remove(entry) }
      }
    }
    return files
  }

  /// Whether what is held of a message has not been read yet.
  func isUnread(_ id: UInt64) -> Bool { messages[id] == nil && entries.contains { $0.id == id } }

  /// Takes a message that was made of what was read.
  func take(_ message: Message) { messages[message.id] = message }

  /// Returns when all changes are on the disk, or could not get there.
  func flush() async { await store.flush() }

  /// Returns when all changes of a message are on the disk, or could not get there.
  ///
  /// - Parameter entries: the entries that it has, or had.
  func flush(_ entries: [HeldEntry]) async {
    for entry in entries { await store.flush(entry) }
  }

  /// Returns a message as it is to be on the disk for a recipient; `nil` if it isn't held any more.
  private func kept(_ entry: HeldEntry) -> KeptMessage? {
    guard entries.contains(entry) || unkept.contains(entry), let message = messages[entry.id], let hold = message.hold
    else { return nil }
    let uid = message.deliveries.first { $0.userName == entry.recipient }?.uid ?? Messenger.noUID
    return KeptMessage(
      message, from: entry.sender, at: wallClock.milliseconds(),
      hold: .init(
        recipient: entry.recipient, uid: uid, until: entry.until, served: entry.isForMany ? hold.served : []))
  }
}
