internal import GBus

// What happens to the popup on the server, and to the messages' own.
extension CombinedPopup: PopupObserver {
  func popup(_ popup: Popup, handles event: PopupVerdict.Event) {
    guard popup === carrier else { return }
    switch event {
    case .timeOver, .displaced, .outdated, .withdrawn, .sessionsEnded, .closeAnswered: return
    case .closed where popup.isClosing: return
    case .action(let key) where popup.content.windowKeys.contains(key):
      guard isOpen, !popup.isClosing else { return }
      popup.open(window(for: held.filter { !$0.isGone }) ?? popup.content.whole)
      passOn(event)
      makeRoomForWindow()
    // Pressed before the popup changed, which has no such button any more. There would be no window.
    case .action(PopupContent.wholeAction): return
    default: passOn(event)
    }
  }

  /// Notes that the window has the messages now, and not the popup. It is closed with the last of them, at whose time
  /// that may be.
  func windowOpened() {
    for part in held { part.popup?.onMoved?() }
    carrier?.stay(for: nil)
  }

  /// Lets another popup show the messages that are left when the window has gone.
  private func raiseElsewhere() {
    for part in parts { part.popup?.handle(.outdated) }
  }

  private func passOn(_ event: PopupVerdict.Event) {
    isPassingOn = true
    for part in held { part.popup?.handle(event) }
    isPassingOn = false
  }

  func popup(_ popup: Popup, shows revision: Int) {
    guard popup === carrier, let chosen = sent.confirm(revision) else { return }
    hold(chosen)
    if isBehind { bringUpToDate() }
  }

  func popupEnded(_ popup: Popup) {
    guard popup === carrier else { return }
    stopUpdate()
    (carrier, held, sent) = (nil, [], Unconfirmed())
    departures.finish { _ in true }
    guard isOpen else { return raiseElsewhere() }
    goOn()
  }
}

extension CombinedPopup: PopupHost {
  func close(_ popup: Popup, deadline: Deadline, done: @escaping @MainLoop () -> Void) {
    guard let part = part(of: popup) else { return done() }
    depart(part, by: deadline, done: done)
  }

  /// The carrier is closed with its last message, or by the event that has ended this one.
  func post(closing id: UInt32) {}

  func hide(_ popup: Popup) {}

  func fit(_ content: PopupContent, instead old: PopupContent) -> PopupContent { content }

  func renew(_ popup: Popup) {
    part(of: popup)?.content = popup.content
    bringUpToDate()
  }

  func forget(_ popup: Popup) {
    guard let part = part(of: popup) else { return }
    part.isGone = true
    parts.removeAll { $0 === part }
    if !isPassingOn, isOutdated { bringUpToDate() }
  }

  func replace(
    _ popup: Popup, by whole: WholeText, closesBy: Deadline?, onEnd: @escaping @MainLoop (PopupVerdict.Event) -> Void
  ) -> (any PopupWindow)? {
    part(of: popup).map { part in
      PartWindow(in: carrier) { [self] deadline, done in depart(part, by: deadline, done: done) }
    }
  }

  func standing(for popup: Popup) -> PopupContent { carrier?.content ?? popup.content }

  private func part(of popup: Popup) -> CombinedPart? { parts.first { $0.popup === popup } }
}
