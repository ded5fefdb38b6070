internal import GBus
internal import MessengerContract

/// The users who take no messages, as they asked for: `msg --mute`. Kept in a folder, for longer than the service runs.
@MainLoop
final class MuteList {
  private let folder: MuteFolder
  private let patience: Duration
  /// `nil` until it could be read.
  private var muted: Set<UInt32>?
  /// Changes reach the disk in the order of their coming.
  private let turnstile = Turnstile(places: 1)

  /// A list that is empty until ``load()``.
  ///
  /// - Parameters:
  ///   - folder: where it is kept.
  ///   - patience: how long the disk may take.
  init(folder: MuteFolder, patience: Duration) {
    self.folder = folder
    self.patience = patience
  }

  /// Whether a user takes no messages. While the list can't be read, everybody does take them: a message too many does less
  /// harm than one that is missed.
  func contains(_ uid: UInt32) -> Bool { muted?.contains(uid) ?? false }

  /// Whether there is anybody but a sender who takes no messages.
  func concerns(_ sender: UInt32) -> Bool { muted?.contains { $0 != sender } ?? false }

  /// Reads the list, unless that is done.
  ///
  /// - Throws: `Failed`, naming the folder.
  func load() async throws {
    guard muted == nil else { return }
    let read = try await onDisk { try $0.read() }
    if muted == nil { muted = read }
  }

  /// Whether a user takes no messages.
  ///
  /// - Throws: `Failed` where that can't be read.
  func isMuted(_ uid: UInt32) async throws -> Bool {
    try await load()
    return contains(uid)
  }

  /// Changes whether a user takes no messages, for good when this returns.
  ///
  /// - Throws: `Failed` where that can't be kept; nothing is changed then.
  func set(_ isMuted: Bool, of uid: UInt32) async throws {
    try await turnstile.pass {
      try await load()
      try await onDisk { try isMuted ? $0.add(uid) : $0.remove(uid) }
      if isMuted { muted?.insert(uid) } else { muted?.remove(uid) }
    }
  }

  private func onDisk<Result: Sendable>(
    _ body: @escaping @Sendable (MuteFolder) throws -> Result
  ) async throws -> Result {
    do {
      return try await MainLoop.blocking(deadline: .after(patience)) { [folder] in try body(folder) }
    } catch BusError.timedOut {
      throw MessengerError(.failed, "\(folder.path) does not answer")
    }
  }
}
