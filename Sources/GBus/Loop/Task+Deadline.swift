extension Task {
  /// Waits for the task's result until the deadline. The task itself goes on.
  ///
  /// - Throws: what the task throws; ``BusError/timedOut`` at the deadline, ``BusError/cancelled`` if the waiting task
  ///   is cancelled.
  /// - Returns: what the task returns.
  @MainLoop public func value(by deadline: Deadline) async throws -> Success {
    let once = Once<Success>()
    MainLoop.task { once.resume(await self.result.mapError { $0 }) }
    return try await once.value(deadline: deadline)
  }
}
