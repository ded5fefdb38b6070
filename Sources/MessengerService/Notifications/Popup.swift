internal import GBus
internal import MessengerContract

/// A popup on somebody's desktop, from the time the notification server accepted it until its outcome is decided.
@MainLoop
final class Popup {
  /// The server's id; 0 if the server accepted the popup and gave it none, which means that it shows nothing.
  let id: UInt32
  /// What it says.
  let content: PopupContent
  /// The time at which it appeared.
  let appeared = Deadline.now
  /// Its outcome, once it is decided.
  private(set) var outcome: PopupVerdict.Outcome?

  /// Called when it is off the screen without an outcome, because a window shows the whole text instead.
  var onReplaced: (@MainLoop () -> Void)?

  private let host: any PopupHost
  private var verdict: PopupVerdict
  private var timer: Timer?
  private var renewal: Timer?
  private var renewals = 0
  private var window: (any PopupWindow)?
  private var waiter: CheckedContinuation<PopupVerdict.Outcome, Never>?

  /// How long a server may take to close a popup before the popup is considered closed.
  private static let closeTimeout: Duration = .seconds(1)

  /// How long before the end of a server's longest time the popup is renewed.
  private static let renewalMargin: Duration = .seconds(2)
  /// An hour on Budgie, which keeps what it showed before until the popup is gone.
  private static let mostRenewals = 360

  /// Makes a popup. `delay` is the time that the server took to answer.
  init(
    id: UInt32, content: PopupContent, quirks: NotificationServerQuirks, settlingDelay: Duration,
    delay: Duration = .zero,
    host: any PopupHost
  ) {
    self.id = id
    self.content = content
    self.host = host
    verdict = PopupVerdict(
      actionKeys: content.actionKeys, replyKeys: content.replyKeys, wholeKey: content.wholeKey,
      timeout: content.timeout, settlingDelay: settlingDelay, delay: delay, quirks: quirks)
    guard id != 0 else {
      outcome = PopupVerdict.Outcome(state: .suppressed, reason: "the desktop took the popup and gave it no id")
      return
    }
    if let timeout = content.timeout {
      timer = Timer(at: appeared + timeout) { [weak self] in self?.handle(.timeOver) }
    }
    renewLater(quirks)
  }

  /// Makes a popup that is not sent to the server at all.
  convenience init(keptBack content: PopupContent, reason: String, host: any PopupHost) {
    self.init(id: 0, content: content, quirks: .standard, settlingDelay: .zero, host: host)
    outcome = PopupVerdict.Outcome(state: .suppressed, reason: reason)
  }

  /// Schedules the next renewal on a server that would remove the popup after its longest time.
  private func renewLater(_ quirks: NotificationServerQuirks) {
    guard let longest = quirks.longestStay, renewals < Self.mostRenewals else { return }
    renewals += 1
    renewal = Timer(at: .after(longest - Self.renewalMargin)) { [weak self] in
      guard let self, outcome == nil, window == nil else { return }
      host.renew(self)
      renewLater(quirks)
    }
  }

  /// Waits for the outcome. May be called once.
  func end() async -> PopupVerdict.Outcome {
    if let outcome { return outcome }
    return await withCheckedContinuation { waiter = $0 }
  }

  /// Handles an event. Nothing counts once there is an outcome.
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
