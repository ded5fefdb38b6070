/// Decides what users are told of a scheduled shutdown, and when.
struct ShutdownCountdown: Sendable {
  /// Something to do with the one popup.
  enum Step: Sendable, Equatable {
    /// Show it to everyone.
    case show(ShutdownNotice)
    /// Change what it says.
    case change(ShutdownNotice)
    /// Take it back.
    case withdraw
  }

  /// How long a popup stays after the time, in microseconds. By then the shutdown was given up, or hangs.
  private static let overtime: UInt64 = 60_000_000

  private var shown: (shutdown: ScheduledShutdown, notice: ShutdownNotice)?

  /// Decides what to do.
  ///
  /// - Parameters:
  ///   - shutdown: what logind has on its schedule; `nil` for nothing.
  ///   - clock: says what time it is.
  /// - Returns: the steps from what users see to what they should see, in order.
  mutating func steps(for shutdown: ScheduledShutdown?, at clock: LocalClock) -> [Step] {
    guard let shutdown, shutdown.isAnnounced, clock.now() < shutdown.time.addingClamped(Self.overtime) else {
      defer { shown = nil }
      return shown == nil ? [] : [.withdraw]
    }
    let notice = ShutdownNotice(of: shutdown, at: clock)
    defer { shown = (shutdown, notice) }
    guard let shown else { return [.show(notice)] }
    guard shown.shutdown == shutdown, shown.notice.phase == notice.phase else { return [.withdraw, .show(notice)] }
    return shown.notice == notice ? [] : [.change(notice)]
  }

  /// Notes that nobody sees the popup, so that it is shown again at the next opportunity.
  mutating func forget() { shown = nil }

  /// Returns how long it takes until the next look; `nil` if only a change of the schedule is worth one.
  static func delay(for shutdown: ScheduledShutdown?, at clock: LocalClock) -> Duration? {
    let now = clock.now()
    guard let shutdown, now < shutdown.time.addingClamped(overtime) else { return nil }
    return .microseconds(Int64(clamping: ShutdownNotice.nextChange(left: shutdown.time.timeLeft(at: now))))
  }
}

extension UInt64 {
  /// Returns the sum, or the largest number there is.
  fileprivate func addingClamped(_ other: UInt64) -> UInt64 {
    let (sum, isTooLarge) = addingReportingOverflow(other)
    return isTooLarge ? .max : sum
  }
}
