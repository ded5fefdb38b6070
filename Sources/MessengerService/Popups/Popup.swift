internal import GBus
internal import MessengerContract

/// A popup on somebody's desktop, from the time the notification server accepted it until its outcome is decided.
@MainLoop
final class Popup {
  /// The server's id; 0 if the server accepted the popup and gave it none, which means that it shows nothing.
  private(set) var id: UInt32
  /// What it says.
  private(set) var content: PopupContent
  /// How often that has changed since it appeared.
  private(set) var revision = 0
  /// The time at which it appeared.
  let appeared = Deadline.now
  /// The time that the server took to accept it.
  let delay: Duration
  /// Its outcome, once it is decided.
  private(set) var outcome: PopupVerdict.Outcome?

  /// Called when it is off the screen without an outcome, because a window shows the whole text instead.
  var onReplaced: (@MainLoop () -> Void)?
  /// Called when it stands under another id, or a window has taken its place.
  var onMoved: (@MainLoop () -> Void)?
  /// Follows it from its appearance to its outcome.
  weak var observer: (any PopupObserver)?
  /// Whether msgd is closing it.
  private(set) var isClosing = false

  private let host: any PopupHost
  private var verdict: PopupVerdict
  private var timer: Timer?
  /// The time at which it is closed; `nil` = never.
  private var closesBy: Deadline?
  private var renewal: Timer?
  private var renewals = 0
  /// Returns what it is to say next, as soon as its last change is old enough.
  private var next: (@MainLoop () -> PopupContent)?
  private var changed: Deadline
  private var change: Timer?
  private var window: (any PopupWindow)?
  /// Whether a window shows the message from the beginning.
  private var isWindow = false
  /// The time by which the window is closed, if necessary by the service manager.
  private var windowClosesBy: Deadline?
  /// What the desktop sent to let the next window come to the front.
  private var activationToken: String?
  private var waiter: CheckedContinuation<PopupVerdict.Outcome, Never>?
  /// The version of the text that is on the screen for certain.
  private var standingText: Int
  /// The version of each text that was sent.
  private var sentTexts = Unconfirmed<Int>()

  /// How long a server may take to close a popup before the popup is considered closed.
  private static let closeTimeout: Duration = .seconds(1)

  /// How long it stays as it is before it changes again. More often nobody could read it, and each change costs the
  /// user's desktop some work.
  static let changeDelay: Duration = .milliseconds(500)
  /// The same for a window, which is closed and opened anew.
  private static let windowChangeDelay: Duration = .seconds(2)
  /// With less time left than this, a change doesn't wait: the server's own timer might end the popup first.
  static let changeMargin: Duration = .milliseconds(750)

  /// How long before the end of a server's longest time the popup is renewed.
  private static let renewalMargin: Duration = .seconds(2)
  /// An hour on Budgie, which keeps what it showed before until the popup is gone.
  private static let mostRenewals = 360

  /// Makes a popup.
  init(
    id: UInt32, content: PopupContent, quirks: NotificationServerQuirks, settlingDelay: Duration,
    delay: Duration = .zero,
    host: any PopupHost
  ) {
    self.id = id
    self.content = content
    self.host = host
    self.delay = delay
    standingText = content.textVersion
    changed = appeared
    verdict = PopupVerdict(
      actionKeys: content.actionKeys, replyKeys: content.replyKeys, laterKeys: content.laterKeys,
      answer: content.answer, windowKeys: content.windowKeys, timeout: content.timeout, settlingDelay: settlingDelay,
      delay: delay, quirks: quirks)
    guard id != 0 else {
      outcome = PopupVerdict.Outcome(state: .suppressed, reason: "the desktop took the popup and gave it no id")
      return
    }
    endLater(at: content.timeout.map { appeared + $0 })
    renewLater(quirks)
  }

  /// Makes a popup that is not sent to the server at all.
  convenience init(keptBack content: PopupContent, reason: String, host: any PopupHost) {
    self.init(id: 0, content: content, quirks: .standard, settlingDelay: .zero, host: host)
    outcome = PopupVerdict.Outcome(state: .suppressed, reason: reason)
  }

  /// Makes a message that a window shows from the beginning, and opens the window.
  ///
  /// - Parameters:
  ///   - content: what it says; its ``PopupContent/whole`` says what the window shows.
  ///   - host: opens the window.
  init(window content: PopupContent, host: any PopupHost) {
    id = 0
    self.content = content
    self.host = host
    isWindow = true
    delay = .zero
    standingText = content.textVersion
    changed = appeared
    verdict = PopupVerdict(
      actionKeys: [], replyKeys: content.replyKeys, laterKeys: content.laterKeys, timeout: content.timeout,
      settlingDelay: .zero, isWindow: true)
    endLater(at: content.timeout.map { appeared + $0 })
    showWhole()
  }

  /// Whether a window has taken its place.
  var hasWindow: Bool { window != nil }

  /// The beginning of the name of the window's unit, if a window shows it.
  var windowUnit: String? { window.flatMap { $0.unit.isEmpty ? nil : $0.unit } }

  /// Waits until the window stands, or has ended; returns whether it stands.
  func untilWindowStands() async -> Bool { await window?.untilItStands() ?? false }

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

  private func endLater(at deadline: Deadline?) {
    closesBy = deadline
    timer?.cancel()
    timer = deadline.map { Timer(at: $0) { [weak self] in self?.handle(.timeOver) } }
  }

  /// The rest of its time; `nil` = it stays until it is answered.
  var rest: Duration? { closesBy.map { max(.zero, $0 - .now) } }

  /// Sets the rest of its time, without telling the server; `nil` = until it is answered.
  func stay(for rest: Duration?) {
    guard outcome == nil else { return }
    endLater(at: rest.map { .now + $0 })
    verdict.timeout = rest.map { .now - appeared + $0 }
  }

  /// Makes it say something else in the same place. Of several changes in a short time only the last is shown.
  ///
  /// If a window shows the old text, the window is closed, and the outcome is `pending`: the popup is to be raised
  /// again.
  ///
  /// - Parameters:
  ///   - timeout: how long it stays from now on, `nil` = until it is answered. The outer `nil`: its old time goes on.
  ///   - content: returns what it says, when that is shown. The content's timeout doesn't count.
  func change(timeout: Duration??, to content: @escaping @MainLoop () -> PopupContent) {
    guard outcome == nil else { return }
    let isAboutToEnd = !isWindow && rest.map { $0 < Self.changeMargin } ?? false
    if let timeout { stay(for: timeout) }
    guard window == nil || isWindow else { return outdate(content()) }
    let isUnderWay = next != nil
    next = content
    if isAboutToEnd {
      showNext()
    } else if !isUnderWay {
      let delay = isWindow ? Self.windowChangeDelay : Self.changeDelay
      change = Timer(at: max(.now, changed + delay)) { [weak self] in self?.showNext() }
    }
  }

  private func showNext() {
    guard outcome == nil, let next else { return }
    self.next = nil
    changed = .now
    revision += 1
    guard window == nil else { return outdate(next()) }
    var content = next()
    content.timeout = rest
    self.content = host.fit(content, instead: self.content)
    sentTexts.add(content.textVersion, of: revision)
    verdict.offer(self.content)
    host.renew(self)
  }

  /// Forgets a change that is not shown yet.
  func dropChange() {
    change?.cancel()
    next = nil
  }

  /// Sets the window that is about to open.
  func open(_ whole: WholeText?) { content.whole = whole }

  /// Closes the window, unless the text in it is still the right one, and it may stay for the rest of the time.
  private func outdate(_ content: PopupContent) {
    let isSame = content.whole?.window.text == self.content.whole?.window.text
    let mayStay = windowClosesBy.map { limit in closesBy.map { $0 <= limit } ?? false } ?? true
    if !isSame || !mayStay { handle(.outdated) }
  }

  /// Waits for the outcome. May be called once.
  func end() async -> PopupVerdict.Outcome {
    if let outcome { return outcome }
    return await withCheckedContinuation { waiter = $0 }
  }

  /// Handles an event. Nothing counts once there is an outcome.
  ///
  /// - Parameters:
  ///   - event: what happened.
  ///   - age: how long it had stood then; `nil` = until now.
  func handle(_ event: PopupVerdict.Event, age: Duration? = nil) {
    guard outcome == nil else { return }
    observer?.popup(self, handles: event)
    guard outcome == nil else { return }
    if case .activationToken(let token) = event { activationToken = token }
    switch verdict.handle(event, age: age ?? .now - appeared) {
    case .wait: break
    case .close: close()
    case .showWhole: showWhole()
    case .finish(let outcome, let isOpen): finish(isAboutOldText(outcome) ? .again : outcome, isOpen: isOpen)
    }
  }

  /// Whether an outcome is the user's answer to a text that the sender has changed, and the new one was not on the
  /// screen yet. Nobody can have acknowledged that, so it is shown again. Who has only closed the popup isn't bothered.
  private func isAboutOldText(_ outcome: PopupVerdict.Outcome) -> Bool {
    outcome.state == .acknowledged && (next?() ?? content).textVersion != standingText
  }

  /// Notes that a version of the text is on the screen.
  func confirm(text version: Int) { standingText = version }

  /// What stands on the screen: its own content, or that of the popup that holds it with others.
  var standing: PopupContent { host.standing(for: self) }

  /// Notes that the server shows it as it was after some changes.
  func confirm(_ revision: Int) {
    guard outcome == nil else { return }
    if let text = sentTexts.confirm(revision) { standingText = text }
    observer?.popup(self, shows: revision)
  }

  /// Notes that it stands under another id.
  func move(to id: UInt32) {
    guard outcome == nil, id != self.id else { return }
    self.id = id
    onMoved?()
  }

  private func close() {
    isClosing = true
    change?.cancel()
    next = nil
    let deadline = Deadline.after(Self.closeTimeout)
    guard let window else { return host.close(self, deadline: deadline) { self.handle(.closeAnswered) } }
    MainLoop.task {
      await window.close(deadline: deadline)
      self.handle(.closeAnswered)
    }
  }

  private func showWhole() {
    guard var whole = content.whole else { return }
    if let activationToken { whole.window.activate(with: activationToken) }
    onReplaced?()
    standingText = content.textVersion  // the window shows the newest
    windowClosesBy = closesBy
    window = host.replace(self, by: whole, closesBy: closesBy) { [weak self] event in
      self?.handle(event)
    }
    onMoved?()
  }

  private func finish(_ outcome: PopupVerdict.Outcome, isOpen: Bool) {
    self.outcome = outcome
    timer?.cancel()
    renewal?.cancel()
    change?.cancel()
    next = nil
    if isOpen {
      if outcome.state != .acknowledged && outcome.state != .deferred { host.hide(self) }
      dispose()
    }
    host.forget(self)
    waiter?.resume(returning: outcome)
    waiter = nil
    observer?.popupEnded(self)
  }

  private func dispose() {
    if let window { window.close() } else { host.post(closing: id) }
  }
}
