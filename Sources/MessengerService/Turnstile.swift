internal import GBus

/// Lets only so many through at once; the others wait in line.
@MainLoop
final class Turnstile {
  private let limit: Int
  private var inside = 0
  private var line: [CheckedContinuation<Void, Never>] = []

  nonisolated init(limit: Int) { self.limit = limit }

  /// Does something as soon as it is its turn.
  ///
  /// - Throws: what `body` throws.
  /// - Returns: what `body` returns.
  func pass<Result: Sendable>(_ body: @MainLoop () async throws -> Result) async rethrows -> Result {
    if inside < limit {
      inside += 1
    } else {
      await withCheckedContinuation { line.append($0) }
    }
    // Who leaves hands the place on, so that nobody slips in between.
    defer { if line.isEmpty { inside -= 1 } else { line.removeFirst().resume() } }
    return try await body()
  }
}
