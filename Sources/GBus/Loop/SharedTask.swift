/// A task whose result several callers wait for. They go on in the order in which they began to wait. Those who wait
/// for a `Task` go on in the reverse order, so that of several messages the last would be shown first.
@MainLoop
public final class SharedTask<Success: Sendable> {
  private var result: Result<Success, any Error>?
  private var waiters: [CheckedContinuation<Success, any Error>] = []
  private let ended = RoundFlag()

  /// Starts the task. It goes on if nobody waits for it.
  public init(_ body: @escaping @MainLoop @Sendable () async throws -> Success) {
    MainLoop.task {
      do { self.end(.success(try await body())) } catch { self.end(.failure(error)) }
    }
  }

  /// What the task has returned, after it has ended.
  ///
  /// - Throws: what the task has thrown.
  public var value: Success {
    get async throws {
      guard let result else { return try await withCheckedThrowingContinuation { waiters.append($0) } }
      await ended.goOnBehind()
      return try result.get()
    }
  }

  private func end(_ result: Result<Success, any Error>) {
    self.result = result
    ended.set()
    for waiter in waiters { waiter.resume(with: result) }
    waiters = []
  }
}
