extension MainLoop {
  /// Waits until a file descriptor has something to read (or an error, or its end).
  ///
  /// - Throws: ``BusError/timedOut`` at the deadline, ``BusError/cancelled`` if the task is cancelled.
  @MainLoop public static func untilReadable(_ descriptor: Int32, deadline: Deadline) async throws {
    let once = Once<Void>()
    let isWatched = DescriptorWatcher.shared.watch(descriptor, for: .readable) { _ in once.resume(.success(())) }
    defer { if isWatched { DescriptorWatcher.shared.forget(descriptor) } }
    // Anything that can't be watched, such as a file, never has to be waited for.
    if !isWatched { return }
    try await once.value(deadline: deadline)
  }

  /// Runs something that blocks, such as a look-up in a directory service, on another thread, and waits for it.
  ///
  /// If the wait ends early, the thread goes on, and its result is dropped.
  ///
  /// - Parameters:
  ///   - deadline: the end of the wait.
  ///   - body: the work that blocks. It must leave the thread as it was.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws; ``BusError/timedOut`` at the deadline, ``BusError/cancelled`` if the task is
  ///   cancelled.
  @MainLoop public static func blocking<Success: Sendable>(
    deadline: Deadline, _ body: @escaping @Sendable () throws -> Success
  ) async throws -> Success {
    let once = Once<Success>()
    BlockingThreads.shared.run {
      let result = Result(catching: body)
      MainLoop.task { once.resume(result) }
    }
    return try await once.value(deadline: deadline)
  }

  /// Waits until a point in time.
  ///
  /// - Throws: ``BusError/cancelled`` if the task is cancelled.
  @MainLoop public static func sleep(until deadline: Deadline) async throws {
    do {
      try await Once<Void>().value(deadline: deadline)
    } catch BusError.timedOut {}
  }
}

/// A result that comes once, or not by the deadline.
@MainLoop
final class Once<Success: Sendable> {
  private var result: Result<Success, any Error>?
  private var waiter: CheckedContinuation<Success, any Error>?

  nonisolated init() {}

  /// Sets the result. Only the first one counts.
  func resume(_ result: Result<Success, any Error>) {
    guard self.result == nil else { return }
    self.result = result
    waiter?.resume(with: result)
    waiter = nil
  }

  /// Waits for the result. May be called once.
  func value(deadline: Deadline) async throws -> Success {
    let timer = Timer(at: deadline) { self.resume(.failure(BusError.timedOut)) }
    defer { timer.cancel() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        if let result { continuation.resume(with: result) } else { waiter = continuation }
      }
    } onCancel: {
      MainLoop.task { self.resume(.failure(BusError.cancelled)) }
    }
  }
}
