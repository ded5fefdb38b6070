internal import GBus
internal import Logging
internal import MessengerContract

/// Reads the messages in a folder, writes them to the disk, and removes those that aren't kept any more: one thing at a
/// time, in order of arrival, and each message as it is when its turn comes. What fails is tried again. A disk that
/// doesn't answer in time keeps the next change waiting, because an older one might otherwise be written after it.
@MainLoop
final class KeptMessageStore<Folder: KeptMessageFolder> {
  typealias Key = Folder.Key

  private let content: @MainLoop (Key) -> KeptMessage?
  private let folder: Folder
  private let timeout: Duration
  private let logger: Logger
  /// The keys of the messages that have changed and aren't on the disk as they are. However often one changes, it is
  /// written once.
  private var unsaved: Set<Key> = []
  /// The key of the message that is being saved.
  private var saving: Key?
  /// The keys of messages whose last change could not be saved.
  private var failed: Set<Key> = []
  private var retry: Timer?
  /// The keys of messages whose last change need not be on the disk at once.
  private var unhurried: Set<Key> = []
  private var delay: Timer?
  private let turnstile = AsyncSemaphore(places: 1)

  private static var retryDelay: Duration { .seconds(60) }
  /// How long a change waits that loses little.
  private static var unhurriedDelay: Duration { .seconds(30) }

  /// - Parameters:
  ///   - folder: the folder that holds the messages.
  ///   - timeout: how long a caller waits for the disk.
  ///   - logger: receives a line when something can't be saved.
  ///   - content: returns a message as it is now; `nil` if it isn't kept any more.
  init(
    folder: Folder, timeout: Duration, logger: Logger, content: @escaping @MainLoop (Key) -> KeptMessage?
  ) {
    self.content = content
    self.folder = folder
    self.timeout = timeout
    self.logger = logger
  }

  /// Whether the disk has not said yet what is kept.
  private(set) var isReading = false

  /// Whether anything is being read or written, or waits for that.
  var isBusy: Bool { !turnstile.isFree }

  /// Reads what an earlier msgd has kept. Nothing is written before. That it can't be read is logged.
  ///
  /// - Parameter takeLate: called with what is found if the disk takes too long for callers to wait.
  /// - Returns: what is found; `nil` if nothing is found in time.
  func read(_ takeLate: @escaping @MainLoop (Folder.Content) async -> Void) async -> Folder.Content? {
    isReading = true
    let reading = MainLoop.task { await self.readAll() }
    do {
      let content = try await reading.value(by: .after(timeout))
      isReading = false
      return content
    } catch {
      logger.error("\(folder.path) does not answer: its messages are shown when it does")
      MainLoop.task {
        if let content = await reading.value { await takeLate(content) }
        self.isReading = false
      }
      return nil
    }
  }

  private func readAll() async -> Folder.Content? {
    do {
      return try await turnstile.pass { try await onDisk { try $0.read() } }
    } catch {
      logger.error("\(error): its messages are not shown")
      return nil
    }
  }

  /// Saves a message.
  ///
  /// - Throws: `Failed`, with the reason.
  func save(_ key: Key) async throws {
    let change = MainLoop.task { try await self.turnstile.pass { try await self.saveNow(key) } }
    do { try await change.value(by: .after(timeout)) } catch BusError.timedOut {
      throw MessengerError(.failed, "\(folder.path) does not answer")
    }
  }

  /// Saves a message without waiting.
  func saveSoon(_ key: Key) {
    guard unsaved.insert(key).inserted else { return }
    MainLoop.task { await self.saveUnsaved(key) }
  }

  /// Saves a message within half a minute. However many change until then, and however often, each is saved once.
  func saveLater(_ key: Key) {
    unhurried.insert(key)
    guard delay == nil else { return }
    delay = Timer(at: .after(Self.unhurriedDelay)) { [weak self] in self?.saveUnhurried() }
  }

  private func saveUnhurried() {
    delay = nil
    for key in unhurried { saveSoon(key) }
  }

  /// Returns when all changes are on the disk, or could not get there in time.
  func flush() async {
    delay?.cancel()
    delay = nil
    unsaved.formUnion(failed.union(unhurried))
    let changes = unsaved.map { key in MainLoop.task { await self.saveUnsaved(key) } }
    let all = MainLoop.task {
      for change in changes { await change.value }
      await self.turnstile.pass {}
    }
    try? await all.value(by: .after(timeout))
  }

  /// Returns when all changes of a message are on the disk, or could not get there in time.
  func flush(_ key: Key) async {
    guard unsaved.contains(key) || saving == key else { return }
    try? await MainLoop.task { await self.saveUnsaved(key) }.value(by: .after(timeout))
  }

  private func saveUnsaved(_ key: Key) async {
    do {
      try await turnstile.pass {
        if unsaved.contains(key) { try await saveNow(key) }
      }
    } catch {
      logger.warning("message \(key) in \(folder.path) can't be kept as it is yet: \(error)")
      failed.insert(key)
      retry = Timer(at: .after(Self.retryDelay)) { [weak self] in self?.saveFailed() }
    }
  }

  private func saveFailed() {
    for key in failed { saveSoon(key) }
  }

  private func saveNow(_ key: Key) async throws {
    unsaved.remove(key)
    failed.remove(key)
    unhurried.remove(key)
    saving = key
    defer { saving = nil }
    if let message = content(key) {
      try await onDisk { try $0.write(message, as: key) }
    } else {
      try await onDisk { try $0.remove(key) }
    }
  }

  private func onDisk<Result: Sendable>(
    _ body: @escaping @Sendable (Folder) throws -> Result
  ) async throws -> Result {
    try await MainLoop.blocking(deadline: .never) { [folder] in try body(folder) }
  }
}
