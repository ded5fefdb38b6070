internal import GBus

/// A semaphore that lets a number of tasks run at once. The others wait, in order of arrival.
@MainLoop
final class AsyncSemaphore {
  private var places: Int
  private let most: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  nonisolated init(places: Int) {
    self.places = places
    most = places
  }

  /// Whether no task runs or waits.
  var isFree: Bool { places == most }

  /// Runs `body` when there is a place for it.
  ///
  /// - Throws: what `body` throws.
  /// - Returns: what `body` returns.
  func pass<Result: Sendable>(_ body: @MainLoop () async throws -> Result) async rethrows -> Result {
    if places > 0 { places -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
    defer {
      if waiting.isEmpty { places += 1 } else { waiting.removeFirst().resume() }
    }
    return try await body()
  }
}
