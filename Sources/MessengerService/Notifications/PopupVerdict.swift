internal import MessengerContract

/// Decides what becomes of a popup that stands, from what its notification server says. It has no clock, bus or timer
/// of its own: events go in, with the time since the popup appeared, and what is to be done comes out.
struct PopupVerdict: Sendable {
  /// Something that happened.
  enum Event: Sendable, Equatable {
    /// `ActionInvoked`, with its key.
    case action(String)
    /// `NotificationClosed`, with its reason.
    case closed(UInt32)
    /// The server took it and does not show it, for this reason.
    case keptBack(String)
    /// The time of the message is over.
    case timeOver
    /// Another popup is to have its place: see ``PopupOrder``.
    case displaced
    /// The sender takes the message back, or the service ends.
    case withdrawn
    /// The last session that the popup was for ended.
    case sessionsEnded
    /// `CloseNotification` was answered, with success or not.
    case closeAnswered
    /// Nobody owns `org.freedesktop.Notifications` any more.
    case serverLeft
    /// The session bus ended.
    case busClosed
    /// The user closed the window with the whole text.
    case windowClosed
    /// The window was closed otherwise than by its button, or did not open: its program can't tell.
    case windowVanished
    /// That window could not be opened, or was ended by others: why.
    case windowFailed(String)
    /// The session bus was left for what it did, in words.
    case busBroke(String)
  }

  /// What there is to do.
  enum Step: Sendable, Equatable {
    /// Wait for the next event.
    case wait
    /// Call `CloseNotification`, and wait for the next event.
    case close
    /// Show the whole text in a window, and wait for the next event. The popup is not needed any more.
    case showWhole
    /// It is decided; where `close`, the popup may still stand and is to be closed.
    case finish(Outcome, close: Bool)
  }

  /// How it ended; `pending` where it was displaced, and is to be raised again.
  struct Outcome: Sendable, Equatable {
    var state: DeliveryState
    var reply: String?
    var reason: String?
  }

  /// The keys whose choice acknowledges the popup.
  let actionKeys: Set<String>
  /// Those of them that are the sender's own.
  let replyKeys: Set<String>
  /// The key that asks for the whole text; `nil` where the popup has no such button.
  let wholeKey: String?
  /// How long the popup is to stay; `nil` = until it is answered.
  let timeout: Duration?
  /// A popup that is closed sooner than this after it appeared was not seen.
  let settlingDelay: Duration
  /// How long the server took to answer `Notify`: its own clock for the popup may have run that long already.
  let delay: Duration
  /// What is peculiar to the server.
  let profile: NotificationServerProfile
  /// Whether the text is being shown in a window instead.
  private var isShownWhole = false
  /// What the service itself is closing the popup for.
  private var closing: DeliveryState?

  /// A server whose clock runs a little ahead of ours still expires a popup, and doesn't suppress it.
  private static let tolerance: Duration = .milliseconds(250)

  init(
    actionKeys: Set<String>, replyKeys: Set<String>, wholeKey: String? = nil, timeout: Duration?,
    settlingDelay: Duration,
    delay: Duration = .zero, profile: NotificationServerProfile = .standard
  ) {
    self.wholeKey = wholeKey
    self.actionKeys = actionKeys
    self.replyKeys = replyKeys
    self.timeout = timeout
    self.settlingDelay = settlingDelay
    self.delay = delay
    self.profile = profile
  }

  /// What follows from an event.
  ///
  /// - Parameters:
  ///   - event: what happened.
  ///   - age: the time since the popup appeared.
  /// - Returns: what there is to do.
  mutating func handle(_ event: Event, age: Duration) -> Step {
    switch event {
    case .action(let key): invoked(key)
    case .closed(let reason): finish(closed(reason, age: age))
    case .keptBack(let reason): .finish(Outcome(state: .suppressed, reason: reason), close: true)
    case .timeOver: close(as: .expired)
    case .displaced: isShownWhole ? .wait : close(as: .pending)
    case .withdrawn: close(as: .withdrawn)
    case .sessionsEnded: .finish(Outcome(state: .sessionClosed), close: true)
    case .closeAnswered: finish(nil)
    case .windowClosed: finish(Outcome(state: .acknowledged))
    case .windowVanished: finish(Outcome(state: .dismissed))
    case .windowFailed(let reason):
      finish(Outcome(state: .failed, reason: "the whole text could not be shown: \(reason)"))
    case .serverLeft where isShownWhole: .wait
    case .serverLeft: end(Outcome(state: .failed, reason: "the notification server left while the popup stood"))
    case .busClosed: end(Outcome(state: .sessionClosed))
    case .busBroke(let reason): end(Outcome(state: .failed, reason: reason))
    }
  }

  /// The popup is gone: for what the service itself was closing it, or else with the outcome, if there is one.
  private func finish(_ outcome: Outcome?) -> Step {
    (closing.map { Outcome(state: $0) } ?? outcome).map { .finish($0, close: false) } ?? .wait
  }

  /// There is nothing left that could raise the popup again.
  private mutating func end(_ outcome: Outcome) -> Step {
    if closing == .pending { closing = nil }
    return finish(outcome)
  }

  /// After a button some servers close the popup, with one reason or another, and some leave it: closing it is
  /// harmless.
  private mutating func invoked(_ key: String) -> Step {
    if key == wholeKey, !isShownWhole, closing == nil {
      isShownWhole = true
      return .showWhole
    }
    guard actionKeys.contains(key) else { return .wait }
    return .finish(Outcome(state: .acknowledged, reply: replyKeys.contains(key) ? key : nil), close: true)
  }

  private mutating func close(as state: DeliveryState) -> Step {
    guard closing == nil else { return .wait }
    closing = state
    return .close
  }

  /// Reasons: 1 expired, 2 dismissed by the user, 3 closed by a call of `CloseNotification`, 4 undefined (Desktop
  /// Notifications, "NotificationClosed").
  private func closed(_ reason: UInt32, age: Duration) -> Outcome {
    if age < settlingDelay { return Outcome(state: .suppressed, reason: "the desktop closed the popup at once") }
    switch reason {
    case 1:
      if let timeout, age + delay >= timeout - Self.tolerance { return Outcome(state: .expired) }
      if profile.expiresWhatUsersClose { return Outcome(state: .dismissed) }
      return Outcome(state: .suppressed, reason: "the desktop took the popup away before its time")
    case 2, 3: return Outcome(state: .dismissed)
    case 0 where profile.givesUsersNoReason: return Outcome(state: .dismissed)
    default: return Outcome(state: .suppressed, reason: "the desktop closed the popup without saying why")
    }
  }
}
