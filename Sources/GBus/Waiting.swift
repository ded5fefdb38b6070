internal import CGIO

extension MainLoop {
  /// Waits until a file descriptor has something to read (or an error, or its end).
  ///
  /// - Throws: ``BusError/timedOut`` at the deadline, ``BusError/cancelled`` with the task.
  @MainLoop public static func untilReadable(_ descriptor: Int32, deadline: Deadline) async throws {
    let condition = GIOCondition(G_IO_IN.rawValue | G_IO_HUP.rawValue | G_IO_ERR.rawValue)
    let once = Once<Void>()
    let source = g_unix_fd_add_full(
      G_PRIORITY_DEFAULT, descriptor, condition,
      { _, _, data in
        Box<Once<Void>>.peek(data)?.resume(.success(()))
        return 1
      }, Box(once).retainedPointer(), Box<Once<Void>>.release)
    defer { g_source_remove(source) }
    try await once.value(deadline: deadline)
  }

  /// Waits for something that blocks, such as a look-up in a directory service, on a thread that serves nothing else.
  ///
  /// The thread goes on when the wait ends early; what it then returns is nobody's.
  ///
  /// - Parameters:
  ///   - name: the thread's, up to 15 bytes, as `/proc` and debuggers show it.
  ///   - deadline: of the wait.
  ///   - body: what blocks.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws; ``BusError/timedOut`` at the deadline, ``BusError/cancelled`` with the task.
  @MainLoop public static func onOwnThread<Success: Sendable>(
    named name: String, deadline: Deadline, _ body: @escaping @Sendable () throws -> Success
  ) async throws -> Success {
    let once = Once<Success>()
    let work: @Sendable () -> Void = {
      let result = Result(catching: body)
      MainLoop.task { once.resume(result) }
    }
    try startThread(named: name, work)
    return try await once.value(deadline: deadline)
  }

  /// Waits for a point in time.
  ///
  /// - Throws: ``BusError/cancelled`` with the task.
  @MainLoop public static func sleep(until deadline: Deadline) async throws {
    do {
      try await Once<Void>().value(deadline: deadline)
    } catch BusError.timedOut {}
  }
}

/// Outside of the actor, so that the closure for C is too: it runs on the new thread, where one of the actor's would trap.
private func startThread(named name: String, _ work: @escaping @Sendable () -> Void) throws {
  let data = Box(work).retainedPointer()
  let thread = try throwing { error in
    g_thread_try_new(
      name,
      { data in
        Box<@Sendable () -> Void>.take(data)?()
        return nil
      }, data, &error)
  } orRelease: {
    Box<@Sendable () -> Void>.release(data)
  }
  g_thread_unref(thread)
}

/// A result that comes once, or not by the deadline.
@MainLoop
final class Once<Success: Sendable> {
  private var result: Result<Success, any Error>?
  private var waiter: Completion<Success>?

  nonisolated init() {}

  /// - Returns: whether this result is the first, and so the one that counts.
  @discardableResult
  func resume(_ result: Result<Success, any Error>) -> Bool {
    guard self.result == nil else { return false }
    self.result = result
    waiter?.resume(with: result)
    waiter = nil
    return true
  }

  /// Waits for the result; to be called once.
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
