internal import GBus
internal import MessengerContract

/// The users who take no messages, as they chose with `msg --mute`. The list is kept in a folder, and so outlives the
/// service and some of the users. Each user is known by uid and name, because the uid may later belong to somebody
/// else.
@MainLoop
final class MuteList {
  private let folder: MuteFolder
  private let timeout: Duration
  private let name: @MainLoop (UInt32) async -> String?
  /// Names by uid; `nil` until they could be read.
  private var muted: [UInt32: String]?
  /// Lets one change at a time reach the disk, in order of arrival.
  private let turnstile = AsyncSemaphore(places: 1)

  /// Makes a list that is empty until ``load()``.
  ///
  /// - Parameters:
  ///   - folder: the folder that holds the list.
  ///   - timeout: how long the disk may take.
  ///   - name: returns the name that a uid has now; `nil` if it can't be found out.
  init(folder: MuteFolder, timeout: Duration, name: @escaping @MainLoop (UInt32) async -> String?) {
    self.folder = folder
    self.timeout = timeout
    self.name = name
  }

  /// Whether a user takes no messages. While the list can't be read, everybody takes them, because an unwanted message
  /// does less harm than a missed one.
  func contains(_ user: User) -> Bool { isMuted(user.uid, named: user.name) }

  /// Whether anybody other than a sender takes no messages.
  func concerns(_ sender: UInt32) -> Bool { muted?.contains { $0.key != sender } ?? false }

  /// Reads the list, unless it has been read.
  ///
  /// - Throws: `Failed`, naming the folder.
  func load() async throws {
    guard muted == nil else { return }
    let read = try await onDisk { try $0.read() }
    if muted == nil { muted = read }
  }

  /// Removes users whose uid now belongs to somebody else, and adds names to files of earlier versions that have none.
  /// Users whose names can't be found out now stay unchanged.
  ///
  /// - Throws: `Failed`, naming the folder.
  func tidy() async throws {
    try await load()
    for uid in (muted ?? [:]).keys.sorted() {
      guard let name = await name(uid) else { continue }
      try await turnstile.pass {
        guard let old = muted?[uid], old != name else { return }
        if old.isEmpty { try await add(uid, named: name) } else { try await remove(uid) }
      }
    }
  }

  /// Whether a user takes no messages.
  ///
  /// - Throws: `Failed` if the list can't be read, or the uid's user can't be found out.
  func isMuted(_ uid: UInt32) async throws -> Bool {
    try await load()
    guard muted?[uid] != nil else { return false }
    return isMuted(uid, named: try await knownName(uid))
  }

  /// Changes whether a user takes no messages. The change is on the disk when this returns.
  ///
  /// - Throws: `Failed` if the change can't be stored. Nothing is changed then.
  func set(_ isMuted: Bool, of uid: UInt32) async throws {
    let name = isMuted ? try await knownName(uid) : ""
    try await turnstile.pass {
      try await load()
      if isMuted { try await add(uid, named: name) } else { try await remove(uid) }
    }
  }

  private func isMuted(_ uid: UInt32, named name: String) -> Bool {
    guard let kept = muted?[uid] else { return false }
    return kept.isEmpty || kept == name
  }

  private func knownName(_ uid: UInt32) async throws -> String {
    if let name = await name(uid) { return name }
    throw MessengerError(.failed, "the user database doesn't say who has uid \(uid), by whose name the choice is kept")
  }

  private func add(_ uid: UInt32, named name: String) async throws {
    try await onDisk { try $0.add(uid, named: name) }
    muted?[uid] = name
  }

  private func remove(_ uid: UInt32) async throws {
    try await onDisk { try $0.remove(uid) }
    muted?[uid] = nil
  }

  private func onDisk<Result: Sendable>(
    _ body: @escaping @Sendable (MuteFolder) throws -> Result
  ) async throws -> Result {
    do {
      return try await MainLoop.blocking(deadline: .after(timeout)) { [folder] in try body(folder) }
    } catch BusError.timedOut {
      throw MessengerError(.failed, "\(folder.path) does not answer")
    }
  }
}
