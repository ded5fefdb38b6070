internal import GBus
internal import MessengerContract

/// A popup on somebody's desktop, from the moment the notification server took it until its fate is decided.
@MainLoop
final class Popup {
  /// The server's id; 0 where the server took the popup and gave none, which means that it shows nothing.
  let id: UInt32
  /// What it says.
  let content: PopupContent
  /// When it appeared.
  let appeared = Deadline.now
  /// How it ended, once it did.
  private(set) var outcome: PopupVerdict.Outcome?

  /// Called when it is off the screen and its fate isn't decided yet: the whole text is shown instead.
  var onReplaced: (@MainLoop () -> Void)?

  private let host: any PopupHost
  private var verdict: PopupVerdict
  private var timer: Timer?
  private var renewal: Timer?
  private var renewals = 0
  private var window: (any PopupWindow)?
  private var waiter: CheckedContinuation<PopupVerdict.Outcome, Never>?

  /// How long a server may take to close a popup before that is taken as done.
  private static let closeTimeout: Duration = .seconds(1)

  /// How long before a server's longest time is over that begins anew.
  private static let renewalMargin: Duration = .seconds(2)
  /// An hour of Budgie's, which keeps what it showed before until the popup is gone.
  private static let mostRenewals = 360

  /// `delay` is how long the server took to answer.
  init(
    id: UInt32, content: PopupContent, profile: NotificationServerProfile, settlingDelay: Duration,
    delay: Duration = .zero,
    host: any PopupHost
  ) {
    self.id = id
    self.content = content
    self.host = host
    verdict = PopupVerdict(
      actionKeys: content.actionKeys, replyKeys: content.replyKeys, wholeKey: content.wholeKey,
      timeout: content.timeout, settlingDelay: settlingDelay, delay: delay, profile: profile)
    guard id != 0 else {
      outcome = PopupVerdict.Outcome(state: .suppressed, reason: "the desktop took the popup and gave it no id")
      return
    }
    if let timeout = content.timeout {
      timer = Timer(at: appeared + timeout) { [weak self] in self?.handle(.timeOver) }
    }
    renewLater(profile)
  }

  /// A popup that is not even sent to the server.
  convenience init(keptBack content: PopupContent, reason: String, host: any PopupHost) {
    self.init(id: 0, content: content, profile: .standard, settlingDelay: .zero, host: host)
    outcome = PopupVerdict.Outcome(state: .suppressed, reason: reason)
  }

  /// Keeps the popup up on a server that would take it away.
  private func renewLater(_ profile: NotificationServerProfile) {
    guard let longest = profile.longestStay, renewals < Self.mostRenewals else { return }
    renewals += 1
    renewal = Timer(at: .after(longest - Self.renewalMargin)) { [weak self] in
      guard let self, outcome == nil, window == nil else { return }
      host.renew(self)
      renewLater(profile)
    }
  }

  /// Waits for the end; to be called once.
  func end() async -> PopupVerdict.Outcome {
    if let outcome { return outcome }
    return await withCheckedContinuation { waiter = $0 }
  }

  /// Takes note of something that happened. After the end nothing counts any more.
  func handle(_ event: PopupVerdict.Event) {
    guard outcome == nil else { return }
    switch verdict.handle(event, age: .now - appeared) {
    case .wait: break
    case .close: close()
    case .showWhole: showWhole()
    case .finish(let outcome, let isOpen): finish(outcome, isOpen: isOpen)
    }
  }

  private func close() {
    let deadline = Deadline.after(Self.closeTimeout)
    guard let window else { return host.close(self, deadline: deadline) { self.handle(.closeAnswered) } }
    MainLoop.task {
      await window.close(deadline: deadline)
      self.handle(.closeAnswered)
    }
  }

  private func showWhole() {
    guard let whole = content.whole else { return }
    onReplaced?()
    window = host.replace(self, by: whole, closesBy: content.timeout.map { appeared + $0 }) { [weak self] event in
      self?.handle(event)
    }
  }

  private func finish(_ outcome: PopupVerdict.Outcome, isOpen: Bool) {
    self.outcome = outcome
    timer?.cancel()
    renewal?.cancel()
    if isOpen {
      if outcome.state != .acknowledged { host.hide(self) }
      dispose()
    }
    host.forget(self)
    waiter?.resume(returning: outcome)
    waiter = nil
  }

  private func dispose() {
    if let window { window.close() } else { host.post(closing: id) }
  }
}
