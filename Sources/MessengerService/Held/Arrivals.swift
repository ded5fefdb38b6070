internal import GBus

/// The users who may have come for what is held for them. Each is tried at once, and again until the desktop is ready:
/// not every desktop tells when it shows popups, or that the user may be disturbed again.
@MainLoop
final class Arrivals {
  /// Tries to deliver what is held for a user.
  var onTry: (@MainLoop (UInt32) async -> Outcome)?

  /// What a try has come to.
  enum Outcome {
    /// Nothing more is to do until something changes.
    case done
    /// It is to be tried again without being told.
    case again
    /// The user isn't there any more.
    case gone
  }

  private struct Attempt {
    var delay: Duration
    var timer: Timer?
    /// The attempt that is under way.
    var running: Task<Void, Never>?
    /// When the last one began.
    var began: Deadline?
    /// Whether something has changed since it began, so that another one follows.
    var isOutdated = false
    /// Whether another one is to follow later.
    var isUnfinished = false
    /// Whether the timer is for that, so that it needn't be set again.
    var isWaiting = false
  }

  private var attempts: [UInt32: Attempt] = [:]
  private var isStopped = false

  private static let firstDelay: Duration = .milliseconds(500)
  private static let longestDelay: Duration = .seconds(30)
  /// The least time from a try to the next that a change causes.
  private static let leastDistance: Duration = .milliseconds(200)

  nonisolated init() {}

  /// Tries a user at once. Returns when that is done.
  func come(_ uid: UInt32) async {
    guard !isStopped else { return }
    attempts[uid, default: Attempt(delay: Self.firstDelay)].delay = Self.firstDelay
    await attempt(uid)
  }

  /// Notes that a user may have come, or left the screen unlocked. However often that is said, there are few tries:
  /// users' own programs can change what logind says about their sessions.
  func mayHaveCome(_ uid: UInt32) {
    guard !isStopped else { return }
    var attempt = attempts[uid] ?? Attempt(delay: Self.firstDelay)
    attempt.delay = Self.firstDelay
    attempt.isOutdated = true
    defer { attempts[uid] = attempt }
    guard attempt.running == nil else { return }
    attempt.timer?.cancel()
    attempt.timer = Timer(at: attempt.began.map { max(.now, $0 + Self.leastDistance) } ?? .now) { [weak self] in
      MainLoop.task { await self?.attempt(uid) }
    }
  }

  /// Tries a user again after some time, longer each time.
  func comeLater(_ uid: UInt32) {
    guard !isStopped else { return }
    var attempt = attempts[uid] ?? Attempt(delay: Self.firstDelay)
    attempt.isUnfinished = true
    defer { attempts[uid] = attempt }
    guard attempt.running == nil, !attempt.isWaiting else { return }
    attempt.isWaiting = true
    attempt.timer?.cancel()
    attempt.timer = Timer(at: .after(attempt.delay)) { [weak self] in
      MainLoop.task { await self?.attempt(uid) }
    }
    attempt.delay = min(attempt.delay * 2, Self.longestDelay)
  }

  /// Tries nobody any more.
  func stop() {
    isStopped = true
    for attempt in attempts.values { attempt.timer?.cancel() }
  }

  private func attempt(_ uid: UInt32) async {
    if let running = attempts[uid]?.running {
      attempts[uid]?.isOutdated = true
      return await running.value
    }
    attempts[uid]?.timer?.cancel()
    let running = MainLoop.task { await self.run(uid) }
    attempts[uid]?.running = running
    await running.value
  }

  private func run(_ uid: UInt32) async {
    var outcome = Outcome.done
    repeat {
      if attempts[uid]?.isOutdated == true, let began = attempts[uid]?.began {
        try? await MainLoop.sleep(until: began + Self.leastDistance)
      }
      attempts[uid]?.isOutdated = false
      attempts[uid]?.began = .now
      attempts[uid]?.isWaiting = false
      attempts[uid]?.isUnfinished = false
      outcome = await onTry?(uid) ?? .done
    } while attempts[uid]?.isOutdated == true && !isStopped
    attempts[uid]?.running = nil
    if outcome == .again || attempts[uid]?.isUnfinished == true { return comeLater(uid) }
    if outcome == .gone { attempts[uid] = nil }
  }
}
