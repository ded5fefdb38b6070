internal import MessengerContract

/// Decides the outcome of a standing popup from what its notification server reports. It has no clock, bus or timer of
/// its own: it takes events, with the time since the popup appeared, and returns the next step.
struct PopupVerdict: Sendable {
  /// An event that concerns the popup.
  enum Event: Sendable, Equatable {
    /// `ActionInvoked`, with the action's key.
    case action(String)
    /// The user typed an answer into the popup's field (`NotificationReplied`), or answered in the window.
    case answered(Answer)
    /// `NotificationClosed`, with the reason.
    case closed(UInt32)
    /// The server accepted the popup but doesn't show it, for this reason.
    case keptBack(String)
    /// The message's time is over.
    case timeOver
    /// Another popup takes its place: see ``PopupOrder``.
    case displaced
    /// The window shows a text that the sender has changed.
    case outdated
    /// The sender withdraws the message, or the service ends.
    case withdrawn
    /// The last session that the popup was for ended.
    case sessionsEnded
    /// `CloseNotification` was answered, with or without success.
    case closeAnswered
    /// `org.freedesktop.Notifications` has no owner any more.
    case serverLeft
    /// The session bus ended.
    case busClosed
    /// `ActivationToken`, with which the desktop lets the next window come to the front.
    case activationToken(String)
    /// The user closed the window with the whole text, and so acknowledged the message.
    case windowClosed
    /// The user chose the window's button with this key.
    case windowAnswered(String)
    /// The window was closed in another way than by its button, or did not open: its program can't say which.
    case windowVanished
    /// The window could not be opened, or was ended by others, for this reason.
    case windowFailed(String)
    /// msgd left the session bus because of what it did, given in words.
    case busBroke(String)
  }

  /// The next step.
  enum Step: Sendable, Equatable {
    /// Wait for the next event.
    case wait
    /// Call `CloseNotification`, and wait for the next event.
    case close
    /// Show the whole text in a window, and wait for the next event. The popup is no longer needed.
    case showWhole
    /// The outcome is decided. If `close`, the popup may still stand and must be closed.
    case finish(Outcome, close: Bool)
  }

  /// The outcome of a popup; `pending` if it was displaced or is outdated, and must be raised again.
  struct Outcome: Sendable, Equatable {
    var state: DeliveryState
    var reply: String?
    var text: String?
    var reason: String?
    /// After how many seconds the user wants to see it again, if the state is `deferred`.
    var later: UInt32?

    /// It must be raised again.
    static let again = Outcome(state: .pending)
  }

  /// The keys that acknowledge the popup when they are chosen.
  private(set) var actionKeys: Set<String>
  /// Those of them that are the sender's own.
  let replyKeys: Set<String>
  /// The keys that put the popup off, each with the seconds after which it comes again.
  private(set) var laterKeys: [String: UInt32]
  /// How the popup takes an answer; `nil` if nothing is asked.
  private(set) var answer: AnswerForm?
  /// The answers that buttons stand for, by the buttons' keys.
  private var choices: [String: String]
  /// The keys that open a window, with the whole text or for the answer.
  var windowKeys: Set<String>
  /// How long the popup is to stay from its appearance on; `nil` = until it is answered.
  var timeout: Duration?
  /// A popup that is closed within this time after it appeared was not seen.
  let settlingDelay: Duration
  /// How long the server took to answer `Notify`. The server's own timer for the popup may have run that long already.
  let delay: Duration
  /// The server's peculiarities.
  let quirks: NotificationServerQuirks
  /// Whether a window showed the text from the beginning.
  private let isWindow: Bool
  /// Whether a window shows the text instead.
  private var isShownWhole: Bool
  /// The state for which msgd itself is closing the popup.
  private var closing: DeliveryState?

  /// The reason if the notification server left.
  static let serverLeft = "the notification server left while the popup stood"

  /// How far a server's clock may run ahead of msgd's. Within this margin, an early end is an expiry, not a
  /// suppression.
  private static let tolerance: Duration = .milliseconds(250)

  init(
    actionKeys: Set<String>, replyKeys: Set<String>, laterKeys: [String: UInt32] = [:], answer: AnswerForm? = nil,
    windowKeys: Set<String> = [], timeout: Duration?, settlingDelay: Duration, delay: Duration = .zero,
    quirks: NotificationServerQuirks = .standard, isWindow: Bool = false
  ) {
    self.isWindow = isWindow
    isShownWhole = isWindow
    self.windowKeys = windowKeys
    self.actionKeys = actionKeys
    self.replyKeys = replyKeys
    self.laterKeys = laterKeys
    self.answer = answer
    choices = answer?.choices ?? [:]
    self.timeout = timeout
    self.settlingDelay = settlingDelay
    self.delay = delay
    self.quirks = quirks
  }

  /// Notes that the popup has other buttons from now on. Those that it had still count, because the user may have
  /// pressed one before the new ones were there.
  mutating func offer(_ content: PopupContent) {
    answer = content.answer
    windowKeys = content.windowKeys
    actionKeys.formUnion(content.actionKeys.subtracting(windowKeys))
    laterKeys.merge(content.laterKeys) { $1 }
    choices.merge(content.answer?.choices ?? [:]) { $1 }
  }

  /// Handles an event.
  ///
  /// - Parameters:
  ///   - event: what happened.
  ///   - age: the time since the popup appeared.
  /// - Returns: the next step.
  mutating func handle(_ event: Event, age: Duration) -> Step {
    switch event {
    case .action(let key): invoked(key)
    case .answered(let answer): answered(answer)
    case .closed(let reason): finish(closed(reason, age: age))
    case .keptBack(let reason): .finish(Outcome(state: .suppressed, reason: reason), close: true)
    case .timeOver: close(as: .expired)
    case .displaced: isShownWhole ? .wait : close(as: .pending)
    case .outdated: close(as: .pending)
    case .withdrawn: close(as: .withdrawn)
    case .sessionsEnded: .finish(Outcome(state: .sessionClosed), close: true)
    case .closeAnswered: finish(nil)
    case .activationToken: .wait
    case .windowAnswered(let key): finish(putOff(key) ?? acknowledged(by: key))
    case .windowClosed: finish(Outcome(state: .acknowledged))
    case .windowVanished: finish(Outcome(state: .dismissed))
    case .windowFailed(let reason):
      finish(Outcome(state: .failed, reason: "\(windowPurpose): \(reason)"))
    case .serverLeft where isShownWhole: .wait
    case .serverLeft: end(Outcome(state: .failed, reason: Self.serverLeft))
    case .busClosed: end(Outcome(state: .sessionClosed))
    case .busBroke(let reason): end(Outcome(state: .failed, reason: reason))
    }
  }

  private var windowPurpose: String {
    if isWindow { return "the window could not be shown" }
    return answer == .window ? "the window for the answer failed" : "the whole text could not be shown"
  }

  /// Finishes a popup that is gone, with the state for which msgd was closing it, or otherwise with the outcome, if
  /// there is one.
  private func finish(_ outcome: Outcome?) -> Step {
    (closing.map { Outcome(state: $0) } ?? outcome).map { .finish($0, close: false) } ?? .wait
  }

  /// Finishes a popup that nothing can raise again.
  private mutating func end(_ outcome: Outcome) -> Step {
    if closing == .pending { closing = nil }
    // The service manager that closes the window may be on another bus.
    return isWindow && closing == nil ? .finish(outcome, close: true) : finish(outcome)
  }

  /// Handles a chosen action. After a button, some servers close the popup, with varying reasons, and others leave it.
  /// Closing it is harmless.
  private mutating func invoked(_ key: String) -> Step {
    if windowKeys.contains(key), !isShownWhole, closing == nil {
      isShownWhole = true
      return .showWhole
    }
    if let outcome = putOff(key) { return .finish(outcome, close: true) }
    guard actionKeys.contains(key) else { return .wait }
    return .finish(acknowledged(by: key), close: true)
  }

  private func acknowledged(by key: String) -> Outcome {
    Outcome(state: .acknowledged, reply: replyKeys.contains(key) ? key : nil, text: choices[key])
  }

  private func putOff(_ key: String) -> Outcome? { laterKeys[key].map { Outcome(state: .deferred, later: $0) } }

  /// Handles an answer in words. An empty one is an answer, too.
  private func answered(_ answer: Answer) -> Step {
    guard self.answer?.hasField == true || self.answer == .window && isShownWhole else { return .wait }
    guard !answer.isTooLong else {
      let reason = "the answer has more than \(AnswerRules.answerLength) characters, and was not taken"
      return .finish(Outcome(state: .failed, reason: reason), close: true)
    }
    return .finish(Outcome(state: .acknowledged, text: answer.text), close: true)
  }

  private mutating func close(as state: DeliveryState) -> Step {
    guard closing == nil else { return .wait }
    closing = state
    return .close
  }

  /// Interprets the reason of `NotificationClosed`: 1 expired, 2 dismissed by the user, 3 closed by a call of
  /// `CloseNotification`, 4 undefined (Desktop Notifications, "NotificationClosed").
  private func closed(_ reason: UInt32, age: Duration) -> Outcome {
    if age < settlingDelay { return Outcome(state: .suppressed, reason: "the desktop closed the popup at once") }
    switch reason {
    case 1:
      if let timeout, age + delay >= timeout - Self.tolerance { return Outcome(state: .expired) }
      if quirks.expiresWhatUsersClose { return Outcome(state: .dismissed) }
      return Outcome(state: .suppressed, reason: "the desktop took the popup away before its time")
    case 2, 3: return Outcome(state: .dismissed)
    case 0 where quirks.givesUsersNoReason: return Outcome(state: .dismissed)
    default: return Outcome(state: .suppressed, reason: "the desktop closed the popup without saying why")
    }
  }
}
