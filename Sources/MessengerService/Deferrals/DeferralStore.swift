internal import GBus
internal import Logging
internal import MessengerContract

/// Reads what was put off, writes it to the disk, and removes what isn't any more: one thing at a time, in order of
/// arrival, and each message as it is when its turn comes. What fails is tried again. A disk that doesn't answer in
/// time keeps the next change waiting, because an older one might otherwise be written after it.
@MainLoop
final class DeferralStore {
  private let content: @MainLoop (UInt64) -> KeptMessage?
  private let folder: MessageFolder
  private let timeout: Duration
  private let logger: Logger
  /// The ids of the messages that have changed and aren't on the disk as they are. However often one changes, it is
  /// written once.
  private var unsaved: Set<UInt64> = []
  /// The id of the message that is being saved.
  private var saving: UInt64?
  /// The ids of messages whose last change could not be saved.
  private var failed: Set<UInt64> = []
  private var retry: Timer?
  /// The ids of messages whose last change need not be on the disk at once.
  private var unhurried: Set<UInt64> = []
  private var delay: Timer?
  private let turnstile = AsyncSemaphore(places: 1)

  private static let retryDelay: Duration = .seconds(60)
  /// How long a change waits that loses little.
  private static let unhurriedDelay: Duration = .seconds(30)

  /// - Parameters:
  ///   - folder: the folder that holds the messages.
  ///   - timeout: how long a caller waits for the disk.
  ///   - logger: receives a line when something can't be saved.
  ///   - content: returns a message as it is now; `nil` if it isn't kept any more.
  init(
    folder: MessageFolder, timeout: Duration, logger: Logger, content: @escaping @MainLoop (UInt64) -> KeptMessage?
  ) {
    self.content = content
    self.folder = folder
    self.timeout = timeout
    self.logger = logger
  }

  /// Whether anything is being read or written, or waits for that.
  var isBusy: Bool { !turnstile.isFree }

  /// Reads the messages that an earlier msgd has kept, however long the disk takes. Nothing is written before.
  ///
  /// - Throws: `Failed`, naming the folder.
  func read() async throws -> MessageFolder.Content {
    try await turnstile.pass { try await onDisk { try $0.read() } }
  }

  /// Saves a message.
  ///
  /// - Throws: `Failed`, with the reason.
  func save(_ id: UInt64) async throws {
    let change = MainLoop.task { try await self.turnstile.pass { try await self.saveNow(id) } }
    do { try await change.value(by: .after(timeout)) } catch BusError.timedOut {
      throw MessengerError(.failed, "\(folder.path) does not answer")
    }
  }

  /// Saves a message without waiting.
  func saveSoon(_ id: UInt64) {
    guard unsaved.insert(id).inserted else { return }
    MainLoop.task { await self.saveUnsaved(id) }
  }

  /// Saves a message within half a minute. However many change until then, and however often, each is saved once.
  func saveLater(_ id: UInt64) {
    unhurried.insert(id)
    guard delay == nil else { return }
    delay = Timer(at: .after(Self.unhurriedDelay)) { [weak self] in self?.saveUnhurried() }
  }

  private func saveUnhurried() {
    delay = nil
    for id in unhurried { saveSoon(id) }
  }

  /// Returns when all changes are on the disk, or could not get there in time.
  func flush() async {
    delay?.cancel()
    delay = nil
    unsaved.formUnion(failed.union(unhurried))
    let changes = unsaved.map { id in MainLoop.task { await self.saveUnsaved(id) } }
    let all = MainLoop.task {
      for change in changes { await change.value }
      await self.turnstile.pass {}
    }
    try? await all.value(by: .after(timeout))
  }

  /// Returns when all changes of a message are on the disk, or could not get there in time.
  func flush(_ id: UInt64) async {
    guard unsaved.contains(id) || saving == id else { return }
    try? await MainLoop.task { await self.saveUnsaved(id) }.value(by: .after(timeout))
  }

  private func saveUnsaved(_ id: UInt64) async {
    do {
      try await turnstile.pass {
        if unsaved.contains(id) { try await saveNow(id) }
      }
    } catch {
      logger.warning("what has become of message \(id), which was put off, can't be kept yet: \(error)")
      failed.insert(id)
      retry = Timer(at: .after(Self.retryDelay)) { [weak self] in self?.saveFailed() }
    }
  }

  private func saveFailed() {
    for id in failed { saveSoon(id) }
  }

  private func saveNow(_ id: UInt64) async throws {
    unsaved.remove(id)
    failed.remove(id)
    unhurried.remove(id)
    saving = id
    defer { saving = nil }
    if let message = content(id) {
      try await onDisk { try $0.write(message) }
    } else {
      try await onDisk { try $0.remove(id) }
    }
  }

  private func onDisk<Result: Sendable>(
    _ body: @escaping @Sendable (MessageFolder) throws -> Result
  ) async throws -> Result {
    try await MainLoop.blocking(deadline: .never) { [folder] in try body(folder) }
  }
}
