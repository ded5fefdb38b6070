internal import GBus
internal import MessengerContract

/// The users who take no messages, as they asked for: `msg --mute`. Kept in a folder, for longer than the service runs,
/// and than some users: so each is known by uid and name, and whoever gets the uid later is somebody else.
@MainLoop
final class MuteList {
  private let folder: MuteFolder
  private let timeout: Duration
  private let name: @MainLoop (UInt32) async -> String?
  /// Names by uid; `nil` until it could be read.
  private var muted: [UInt32: String]?
  /// Changes reach the disk in the order of their coming.
  private let turnstile = AsyncSemaphore(places: 1)

  /// A list that is empty until ``load()``.
  ///
  /// - Parameters:
  ///   - folder: where it is kept.
  ///   - timeout: how long the disk may take.
  ///   - name: the name that a uid has now; `nil` where nobody can tell.
  init(folder: MuteFolder, timeout: Duration, name: @escaping @MainLoop (UInt32) async -> String?) {
    self.folder = folder
    self.timeout = timeout
    self.name = name
  }

  /// Whether a user takes no messages. While the list can't be read, everybody does take them: a message too many does
  /// less harm than one that is missed.
  func contains(_ user: User) -> Bool { isMuted(user.uid, named: user.name) }

  /// Whether there is anybody but a sender who takes no messages.
  func concerns(_ sender: UInt32) -> Bool { muted?.contains { $0.key != sender } ?? false }

  /// Reads the list, unless that is done.
  ///
  /// - Throws: `Failed`, naming the folder.
  func load() async throws {
    guard muted == nil else { return }
    let read = try await onDisk { try $0.read() }
    if muted == nil { muted = read }
  }

  /// Forgets whose uid is somebody else's by now, and gives names to files of before that have none. Who can't be asked
  /// for now stays as they are.
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
  /// - Throws: `Failed` where that can't be read, or nobody can tell whose the uid is.
  func isMuted(_ uid: UInt32) async throws -> Bool {
    try await load()
    guard muted?[uid] != nil else { return false }
    return isMuted(uid, named: try await knownName(uid))
  }

  /// Changes whether a user takes no messages, for good when this returns.
  ///
  /// - Throws: `Failed` where that can't be kept; nothing is changed then.
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
