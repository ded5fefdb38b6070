internal import MessengerContract

/// What users are told about a shutdown at some point in time.
struct ShutdownNotice: Sendable, Equatable {
  /// The phases of a countdown. Each is a popup of its own, so that whoever has closed the one before, or has logged in
  /// since, sees it.
  enum Phase: Sendable, Equatable {
    /// More than five minutes are left.
    case early
    /// From then on logind lets nobody log in any more (`nologin_timeout_usec` in systemd's `logind-dbus.c`).
    case lastMinutes
    /// A minute is left.
    case lastMinute

    init(left: UInt64) {
      self = left > 5 * minute ? .early : left > minute ? .lastMinutes : .lastMinute
    }
  }

  /// The phase.
  let phase: Phase
  /// The message's title.
  let title: String
  /// The message's text.
  let body: String
  /// The name of a themed icon (Icon Naming Specification, Standard Action Icons).
  let icon: String

  /// The urgency. GNOME keeps the popup in sight only if it is critical.
  var urgency: Urgency { phase == .lastMinute ? .critical : .normal }

  /// - Parameters:
  ///   - shutdown: the shutdown.
  ///   - clock: says what time it is.
  init(of shutdown: ScheduledShutdown, at clock: LocalClock) {
    let now = clock.now()
    let left = shutdown.time.timeLeft(at: now)
    phase = Phase(left: left)
    let today = clock.reading(now / 1_000_000).date
    let then = clock.reading(shutdown.time / 1_000_000)
    let when = then.date == today ? then.time : "\(then.date) \(then.time)"
    title = "\(shutdown.kind.isRestart ? "Restart" : "Shutdown") at \(when)"
    let verb = shutdown.kind.isRestart ? "restarts" : "shuts down"
    let request = left > 0 ? "\nPlease save your work." : ""
    let text = shutdown.isRoots ? shutdown.wallMessage : shutdown.author.map { "\($0) has scheduled it." } ?? ""
    let reason = text.isEmpty ? "" : "\n\(text)"
    body = "This machine \(verb) \(Self.words(for: left) ?? "at \(when)").\(request)\(reason)"
    icon = shutdown.kind.isRestart ? "system-reboot" : "system-shutdown"
  }

  /// Says how much is left; `nil` for more than an hour, of which nobody counts the minutes.
  private static func words(for left: UInt64) -> String? {
    func counted(_ number: UInt64, _ unit: String) -> String { "in \(number) \(unit)\(number == 1 ? "" : "s")" }
    return switch left {
    case 0: "now"
    case ...(50 * second): counted(10 * left.rounded(upTo: 10 * second), "second")
    case ...(60 * minute): counted(left.rounded(upTo: minute), "minute")
    default: nil
    }
  }

  /// How long it takes until users are told something else, in microseconds, by what is left. It is a minute at most,
  /// so that a clock that is set, or a machine that slept, is noticed.
  static func nextChange(left: UInt64) -> UInt64 {
    let step = left > minute || left == 0 ? minute : 10 * second
    let rest = left % step
    return rest == 0 ? step : rest
  }
}

/// In microseconds, as logind counts.
private let second: UInt64 = 1_000_000
private let minute = 60 * second

extension UInt64 {
  /// Returns the time from another point until this one; 0 if it has passed.
  func timeLeft(at now: UInt64) -> UInt64 { self > now ? self - now : 0 }

  /// Returns how many units this is, where one that has begun counts.
  fileprivate func rounded(upTo unit: UInt64) -> UInt64 { self / unit + (self % unit == 0 ? 0 : 1) }
}
