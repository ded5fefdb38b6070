internal import GBus

/// Lets so many do something at once; the others wait, and take their turns in the order of their coming.
@MainLoop
final class AsyncSemaphore {
  private var places: Int
  private let most: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  nonisolated init(places: Int) {
    self.places = places
    most = places
  }

  /// Whether nobody is in it, nor waits.
  var isFree: Bool { places == most }

  /// Does something when there is a place for it.
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
