internal import GBus
internal import Synchronization

/// What is done for users on other threads, and may hang there for as long as they like: a call to the kernel in a file
/// system of the user's own. What hangs keeps its thread; it is not begun again before it has returned, and only some
/// of each user's may hang at a time. What is merely slow, or was given up, is no reason to refuse anything.
@MainLoop
final class Attempts {
  /// Why an attempt came to nothing.
  enum Failure: Error, Equatable {
    /// An earlier attempt at the same hangs.
    case hangs
    /// So many attempts of the user's at something else hang: as many as may.
    case tooMany(Int)
    /// No thread got to it in time.
    case notBegun
  }

  /// An attempt, told from all others by its identity.
  final class Attempt: Sendable {
    /// At what.
    let goal: String
    /// When it ought to be over.
    let end: Deadline
    private let state = Atomic<UInt8>(waiting)

    private static let waiting: UInt8 = 0
    private static let begun: UInt8 = 1
    private static let abandoned: UInt8 = 2

    init(at goal: String, until end: Deadline) {
      self.goal = goal
      self.end = end
    }

    /// Called by the thread that is about to do it.
    ///
    /// - Returns: whether it is still to be done.
    func begin() -> Bool { leave(for: Self.begun) }

    /// Gives up what no thread has begun.
    ///
    /// - Returns: whether none had.
    func abandon() -> Bool { leave(for: Self.abandoned) }

    /// Whether a thread is at it though its time is over; who asks has seen to it that it has not returned.
    func hangs(at now: Deadline) -> Bool { end <= now && state.load(ordering: .relaxed) == Self.begun }

    private func leave(for next: UInt8) -> Bool {
      state.compareExchange(expected: Self.waiting, desired: next, ordering: .relaxed).exchanged
    }
  }

  private let most: Int
  private let clock: @MainLoop () -> Deadline
  /// Those that have not returned, by user.
  private var unfinished: [UInt32: [Attempt]] = [:]

  /// - Parameters:
  ///   - most: how many of one user's may hang before there is no further one.
  ///   - clock: what time it is.
  nonisolated init(mostHanging most: Int, clock: @escaping @MainLoop () -> Deadline = { .now }) {
    self.most = most
    self.clock = clock
  }

  /// Attempts something on another thread, and waits for it.
  ///
  /// - Parameters:
  ///   - goal: what it is, to be told from the same user's others.
  ///   - uid: whose.
  ///   - end: when it ought to be over. Later it hangs.
  ///   - late: called with the result where nobody waits for it any more.
  ///   - work: what is done. It leaves the thread as it was.
  /// - Returns: the result.
  /// - Throws: ``Failure``; ``BusError/timedOut`` at the end, ``BusError/cancelled`` with the task. The work may go on
  ///   then.
  func make<Success: Sendable>(
    at goal: String, of uid: UInt32, until end: Deadline,
    late: @escaping @MainLoop @Sendable (Success) -> Void = { _ in },
    _ work: @escaping @Sendable () -> Success
  ) async throws -> Success {
    try check(goal, of: uid)
    let attempt = Attempt(at: goal, until: end)
    let result = begin(attempt, of: uid, work)
    do {
      guard let success = try await result.value(by: end) else { throw Failure.notBegun }
      return success
    } catch let error as BusError {
      let isBegun = !attempt.abandon()
      MainLoop.task { if let success = await result.value { late(success) } }
      throw isBegun || error != .timedOut ? error : Failure.notBegun
    }
  }

  private func check(_ goal: String, of uid: UInt32) throws(Failure) {
    let now = clock()
    let hanging = unfinished[uid, default: []].filter { $0.hangs(at: now) }
    if hanging.contains(where: { $0.goal == goal }) { throw .hangs }
    if hanging.count >= most { throw .tooMany(hanging.count) }
  }

  /// - Returns: the result, once there is one; `nil` where it was abandoned before a thread got to it.
  private func begin<Success: Sendable>(
    _ attempt: Attempt, of uid: UInt32, _ work: @escaping @Sendable () -> Success
  ) -> Task<Success?, Never> {
    unfinished[uid, default: []].append(attempt)
    return MainLoop.task {
      let result = try? await MainLoop.blocking(deadline: .never) { attempt.begin() ? work() : nil }
      self.finish(attempt, of: uid)
      return result ?? nil
    }
  }

  private func finish(_ attempt: Attempt, of uid: UInt32) {
    unfinished[uid]?.removeAll { $0 === attempt }
    if unfinished[uid]?.isEmpty == true { unfinished[uid] = nil }
  }
}
