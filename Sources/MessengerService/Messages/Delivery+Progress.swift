internal import MessengerContract

/// The progress of deliveries.
extension Delivery {
  /// Makes a delivery that is pending.
  ///
  /// - Parameters:
  ///   - session: the session that it goes to.
  ///   - timeout: how long the popup stays; `nil` = until it is answered. A text on a terminal has no such time.
  ///   - recipient: the recipient as the sender wrote it, if it is the user's name in another case.
  init(to session: LoginSession, timeout: Duration?, recipient: String? = nil) {
    self.init(
      sessionID: session.id, userName: session.user.name, uid: session.user.uid, state: .pending,
      details: DeliveryDetails(
        sessionName: session.name, userName: session.user.name, recipient: recipient,
        timeout: session.terminal == nil ? Settings.seconds(of: timeout) : nil))
  }

  /// Makes a delivery that failed because the recipient could not be found.
  init(failed failure: RecipientResolver.Failure) {
    self.init(
      sessionID: "", userName: failure.recipient, uid: Messenger.noUID, state: .failed,
      details: DeliveryDetails(elapsed: 0, error: failure.error))
  }

  /// Makes a delivery that is held until its user comes.
  ///
  /// - Parameters:
  ///   - recipient: the user's name, or the word for whoever comes.
  ///   - uid: the user's uid; `Messenger.noUID` for whoever comes.
  ///   - until: until when it is held, in seconds since 1970.
  ///   - timeout: how long the popup stays; `nil` = until it is answered.
  init(held recipient: String, uid: UInt32, until: UInt64, timeout: Duration?) {
    let isUser = uid != Messenger.noUID
    self.init(
      sessionID: "", userName: recipient, uid: uid, state: .held,
      details: DeliveryDetails(
        userName: isUser ? recipient : nil, timeout: Settings.seconds(of: timeout), until: until))
  }

  /// Whether there is something to report: it is shown or final, or it is pending for a known reason.
  var isSettled: Bool { state != .pending || details.error != nil }

  /// Whether nothing of it is on a desktop, or on its way there.
  var isAtRest: Bool { state.isFinal || state == .deferred || state == .held }

  /// Begins anew, whatever the state.
  mutating func begin(timeout: UInt32) {
    state = .pending
    details.timeout = timeout
    (details.elapsed, details.reply, details.text, details.by, details.certain) = (nil, nil, nil, nil, nil)
    (details.returns, details.deferrals, details.until, details.error) = (nil, nil, nil, nil)
  }

  /// Whether the user has seen the popup to its end.
  var isSeen: Bool { [.acknowledged, .dismissed, .expired].contains(state) }

  /// Changes the state, or the reason for it. A final state never changes.
  ///
  /// - Parameters:
  ///   - state: the new state.
  ///   - reply: the key of the button that the user chose.
  ///   - text: the user's answer in words, or the choice.
  ///   - error: the reason for the state.
  ///   - returns: when it comes again, in seconds since 1970, if the user has put it off.
  ///   - until: until when it is held, in seconds since 1970, if it is.
  ///   - means: by what it is shown, if it is.
  ///   - mayBeHidden: whether the desktop may hide the popup without telling. Then only the user's answer proves that
  ///     it was seen.
  ///   - elapsed: the seconds since the message was sent.
  /// - Returns: whether anything changed.
  mutating func enter(
    _ state: DeliveryState, reply: String? = nil, text: String? = nil, error: MessengerError? = nil,
    returns: UInt64? = nil, until: UInt64? = nil, by means: DeliveryMeans? = nil,
    mayBeHidden: Bool = false, elapsed: Double
  ) -> Bool {
    guard !self.state.isFinal, self.state != state || details.error != error else { return false }
    self.state = state
    if state.isFinal { details.elapsed = elapsed }
    details.reply = reply
    details.text = text
    if state == .shown || state == .written || isSeen { details.by = means }
    if state == .deferred || state == .held { details.by = nil }
    details.certain = mayBeHidden && [.shown, .expired].contains(state) ? false : nil
    details.error = error
    details.returns = returns
    details.until = state == .held ? until : nil
    if returns != nil { details.deferrals = (details.deferrals ?? 0) + 1 }
    return true
  }
}
