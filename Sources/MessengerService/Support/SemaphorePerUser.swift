internal import GBus

/// A semaphore for each user, so that one user's work never takes the places of another's. Users without work are
/// forgotten.
@MainLoop
final class SemaphorePerUser {
  private let places: Int
  private var semaphores: [UInt32: AsyncSemaphore] = [:]

  /// - Parameter places: how many tasks may run at once for a user.
  nonisolated init(places: Int) { self.places = places }

  /// Runs `body` when the user has a place for it.
  ///
  /// - Throws: what `body` throws.
  /// - Returns: what `body` returns.
  func pass<Result: Sendable>(
    for uid: UInt32, _ body: @MainLoop () async throws -> Result
  ) async rethrows -> Result {
    let semaphore = semaphores[uid] ?? AsyncSemaphore(places: places)
    semaphores[uid] = semaphore
    defer { if semaphore.isFree { semaphores[uid] = nil } }
    return try await semaphore.pass(body)
  }
}
